#include "control/live/tail.hpp"

#include "control/live/finished_request_json.hpp"

namespace relayna::control {

namespace {

void write_event(std::string& out, std::string_view name, const json::Document& data) {
  out.append("event: ").append(name).append("\ndata: ").append(json::dump(data)).append("\n\n");
}

}  // namespace

TailProbe::TailProbe(telemetry::Metrics& metrics)
    : subscribed(metrics.gauge("gateway_tail_subscribers", "Operators who follow requests live.")),
      dropped(metrics.counter("gateway_tail_dropped_total",
                              "Requests that a live tail passed over because it was too slow.")) {}

TailBody::TailBody(const Live& live, std::shared_ptr<TailProbe> probe, RequestFilter filter,
                   runtime::StopSource* stop)
    : live_(live),
      probe_(std::move(probe)),
      reader_(live.feed, std::move(filter)),
      stop_(stop),
      quiet_since_(live.shard.clock().now()) {
  probe_->subscribed.set(static_cast<double>(++probe_->subscribers));
}

TailBody::~TailBody() {
  probe_->subscribed.set(static_cast<double>(--probe_->subscribers));
}

void TailBody::write(const pipeline::FeedReader::Batch& batch) {
  if (batch.lost > 0) {
    probe_->dropped.add(static_cast<double>(batch.lost));
    write_event(out_, "dropped", {{"count", batch.lost}});
  }
  for (const auto& request : batch.requests) write_event(out_, "request", show(request));
}

runtime::Task<core::Result<http::Chunk>> TailBody::next() {
  out_.clear();
  if (!begun_) write_event(out_, "replica", show(live_.replica));
  begun_ = true;
  while (out_.empty()) {
    if (live_.health.draining) co_return http::Chunk{{}, true};
    if (!co_await live_.shard.sleep(kLook, stop_)) co_return core::fail(core::ErrorCode::client_closed);
    write(reader_.next(kMostAtOnce));
    if (out_.empty() && live_.shard.clock().now() - quiet_since_ >= kKeepAlive) out_ = ": keep-alive\n\n";
  }
  quiet_since_ = live_.shard.clock().now();
  co_return http::Chunk{out_, false};
}

}  // namespace relayna::control
