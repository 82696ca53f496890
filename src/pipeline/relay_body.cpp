#include "pipeline/relay_body.hpp"

#include <fmt/format.h>

#include "pipeline/drain_answer.hpp"
#include "pipeline/probe.hpp"
#include "pipeline/steps.hpp"

namespace relayna::pipeline {

namespace {

/// Output tokens a stream takes at a time once it has outgrown its reservation: a round trip to the counters
/// for some 20 kB of text.
constexpr std::int64_t kExtension = 1024;
/// How long a stream that has used up what it holds stands still while the counters are away: long enough for
/// a Redis to restart, not for a client to give up.
constexpr core::Duration kWaitForCounters = std::chrono::seconds(10);
constexpr core::Duration kAskAgainFirst = std::chrono::milliseconds(250);
constexpr core::Duration kAskAgainMost = std::chrono::seconds(2);
constexpr std::size_t kMostHeld = 256 * 1024;  // a frame longer than this is passed on in parts

/// One past the last blank line in `bytes`, 0 when there is none.
std::size_t last_frame_end(std::string_view bytes) noexcept {
  std::size_t end = 0;
  for (const std::string_view blank : {"\n\n", "\r\n\r\n", "\r\r"}) {
    if (const auto at = bytes.rfind(blank); at != std::string_view::npos)
      end = std::max(end, at + blank.size());
  }
  return end;
}

/// What `more` tokens of output add to the cost of a request, in nano-USD; 0 when nobody knows.
std::int64_t cost_of_more(const domain::Price& price, const domain::TokenEstimate& held, std::int64_t more) {
  const auto before = domain::estimate_cost(price, held.input, held.output);
  const auto after = domain::estimate_cost(price, held.input, held.output + more);
  return before && after ? after->nanos() - before->nanos() : 0;
}

}  // namespace

RelayBody::RelayBody(std::unique_ptr<Exchange> exchange, std::unique_ptr<http::BodySource> upstream, bool sse)
    : x_(std::move(exchange)),
      upstream_(std::move(upstream)),
      sse_(sse),
      reads_usage_(x_->match.metered != dialect::Operation::other),
      usage_(x_->match.metered, x_->stream),
      filter_(x_->hides_usage_chunk && sse ? std::make_unique<dialect::UsageChunkFilter>() : nullptr) {}

RelayBody::~RelayBody() {
  if (ended_ || x_ == nullptr) return;
  x_->error_code = core::error_info(core::ErrorCode::client_closed).name;
  if (x_->route_settings.drain_on_disconnect && upstream_ != nullptr && x_->stream && reads_usage_) {
    Exchange& x = *x_;
    x.outlive_client();
    x.parts().drains.spawn(drain_answer({std::move(x_), std::move(upstream_), std::move(usage_)}));
    return;
  }
  x_->take_usage(usage_);
  x_->client_gone = true;
  x_->settle();
}

std::optional<std::uint64_t> RelayBody::length() const {
  return sse_ ? std::nullopt : upstream_->length();
}

void RelayBody::observe_first_token() {
  if (!x_->time_to_first_token && usage_.saw_content()) x_->time_to_first_token = x_->elapsed();
}

std::string_view RelayBody::whole_frames(std::string_view bytes) {
  if (held_.empty() && usage_.at_boundary()) return bytes;
  const std::size_t end = last_frame_end(bytes);
  if (!held_.empty()) {
    // The blank line itself may be cut in two, so a boundary is looked for in the joined text.
    held_.append(bytes);
    const std::size_t joined_end = usage_.at_boundary() ? held_.size() : last_frame_end(held_);
    if (joined_end == 0 && held_.size() <= kMostHeld) return {};
    out_.assign(held_, 0, joined_end == 0 ? held_.size() : joined_end);
    held_.erase(0, out_.size());
    return out_;
  }
  held_.assign(bytes.substr(end));
  return bytes.substr(0, end);
}

std::string_view RelayBody::pass(std::string_view bytes) {
  if (reads_usage_) usage_.feed(bytes);
  if (sse_) {
    observe_first_token();
    bytes = filter_ ? filter_->feed(bytes) : whole_frames(bytes);
  }
  x_->response_bytes += bytes.size();
  return bytes;
}

std::optional<core::Error> RelayBody::limit_passed() const {
  const auto& policy = *x_->policy;
  if (policy.max_response_body_bytes &&
      x_->response_bytes > static_cast<std::uint64_t>(*policy.max_response_body_bytes)) {
    return core::Error(core::ErrorCode::response_body_too_large);
  }
  const auto& route = x_->route_settings.max_response_body_bytes;
  if (route && x_->response_bytes > static_cast<std::uint64_t>(*route))
    return core::Error(core::ErrorCode::response_body_too_large);
  if (sse_ && policy.max_sse_event_bytes &&
      usage_.largest_event() > static_cast<std::size_t>(*policy.max_sse_event_bytes)) {
    return core::Error(core::ErrorCode::policy_denied, "A stream event is larger than the policy allows.")
        .with_reason("max_sse_event_bytes");
  }
  return std::nullopt;
}

bool RelayBody::outgrows() const {
  return sse_ && !usage_.usage_is_final() && x_->output_so_far(usage_) > x_->estimate.output;
}

runtime::Task<std::optional<core::Error>> RelayBody::hold_enough() {
  const std::int64_t more = std::max(x_->output_so_far(usage_) - x_->estimate.output, kExtension);
  counters::Amounts amounts{.tokens = more};
  const domain::Provider* provider = x_->snapshot->provider(x_->provider);
  if (const domain::Price* price =
          provider == nullptr ? nullptr : x_->prices().find(x_->snapshot, *provider, x_->model, x_->began)) {
    amounts.cost_nanos = cost_of_more(*price, x_->estimate, more);
  }
  auto held = co_await extend(amounts);
  if (!held) co_return std::move(held.error());
  x_->estimate.output += more;
  co_return std::nullopt;
}

/// Asks as long as nobody can answer: to go on unasked could pass a budget, and a restart of Redis is no
/// reason to break an answer.
runtime::Task<core::Result<void>> RelayBody::extend(counters::Amounts more) {
  runtime::Shard& shard = x_->parts().shard;
  const auto last = core::Deadline::in(shard.clock(), kWaitForCounters).sooner(x_->total);
  for (core::Duration pause = kAskAgainFirst;; pause = std::min(pause * 2, kAskAgainMost)) {
    auto held = co_await x_->reservation.extend(more);
    if (held || held.error().code != core::ErrorCode::control_state_unavailable) co_return held;
    if (last.passed(shard.clock().now())) co_return held;
    if (!co_await shard.sleep(pause, x_->request.stop)) co_return core::fail(core::ErrorCode::client_closed);
  }
}

core::Result<http::Chunk> RelayBody::end_with(core::Error error, std::string last) {
  ended_ = true;
  upstream_.reset();
  x_->take_usage(usage_);
  error = x_->real_cause(std::move(error));
  const bool stopped = error.code == core::ErrorCode::client_closed;
  if (error.code == core::ErrorCode::upstream_timeout && x_->policy_limits_total &&
      x_->total.passed(x_->parts().shard.clock().now())) {
    error = core::Error(core::ErrorCode::policy_denied, "The stream ran longer than the policy allows.")
                .with_reason("max_stream_duration_seconds");
  }
  x_->error_code = error.info().name;
  x_->client_gone = stopped;
  x_->settle();
  // Without events there is no way to say it but to break the connection; the server does that on an error.
  if (!sse_ || stopped) return std::unexpected(std::move(error));
  out_ = std::move(last);
  out_ +=
      dialect::render_stream_error(x_->match.metered, error, x_->id_view(), usage_.next_sequence_number());
  return http::Chunk{out_, false};
}

core::Result<http::Chunk> RelayBody::end_cleanly() {
  if (sse_ && !x_->is_raw() && x_->status == 200 && !usage_.finished() && !usage_.saw_error()) {
    return end_with(core::Error(core::ErrorCode::upstream_protocol, "The upstream ended the stream early."));
  }
  ended_ = true;
  upstream_.reset();
  std::string_view rest = filter_ ? filter_->flush() : std::string_view(held_);
  x_->response_bytes += rest.size();
  x_->take_usage(usage_);
  x_->settle();
  return http::Chunk{rest, rest.empty()};
}

runtime::Task<core::Result<http::Chunk>> RelayBody::next() {
  if (ended_) co_return http::Chunk{{}, true};
  while (!upstream_ended_) {
    auto chunk = co_await upstream_->next();
    if (!chunk) co_return end_with(std::move(chunk.error()));
    std::string_view bytes = chunk->bytes.empty() ? std::string_view{} : pass(chunk->bytes);
    if (auto error = limit_passed()) co_return end_with(std::move(*error));
    if (outgrows()) {
      // What the counters answer comes through the buffer that these bytes are in.
      if (bytes.data() != out_.data()) bytes = out_.assign(bytes);
      if (auto error = co_await hold_enough()) co_return end_with(std::move(*error), std::string(bytes));
    }
    upstream_ended_ = chunk->end;
    if (!bytes.empty()) co_return http::Chunk{bytes, false};
  }
  co_return end_cleanly();
}

}  // namespace relayna::pipeline
