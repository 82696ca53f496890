#pragma once

#include <memory>
#include <string>

#include "relayna/http/body.hpp"
#include "relayna/runtime/stop.hpp"

#include "control/live/live.hpp"
#include "control/live/request_filter.hpp"

namespace relayna::control {

/// What is known of all tails. One shard; outlives them.
struct TailProbe {
  static constexpr std::size_t kMostSubscribers = 32;
  explicit TailProbe(telemetry::Metrics& metrics);
  std::size_t subscribers = 0;
  telemetry::Gauge subscribed;
  telemetry::Counter dropped;
};

/// An event stream of requests as they end: `replica` first, then `request` and, when the reader or this
/// shard was too slow, `dropped` with how many. A comment every 15 s while nothing happens. Looks at the feed
/// ten times a second and shows at most `kMostAtOnce` requests of a shard each time, so that a tail without a
/// filter never takes the loop from the requests it shows. Ends when the gateway drains.
class TailBody final : public http::BodySource {
 public:
  static constexpr std::chrono::milliseconds kLook{100};
  static constexpr std::chrono::seconds kKeepAlive{15};
  static constexpr std::size_t kMostAtOnce = 100;

  TailBody(const Live& live, std::shared_ptr<TailProbe> probe, RequestFilter filter,
           runtime::StopSource* stop);
  ~TailBody() override;
  runtime::Task<core::Result<http::Chunk>> next() override;

 private:
  void write(const pipeline::FeedReader::Batch& batch);

  const Live live_;
  std::shared_ptr<TailProbe> probe_;
  pipeline::FeedReader reader_;
  runtime::StopSource* stop_;
  core::TimePoint quiet_since_;
  std::string out_;
  bool begun_ = false;
};

}  // namespace relayna::control
