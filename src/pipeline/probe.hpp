#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "relayna/telemetry/metrics.hpp"

namespace relayna::pipeline {

class Exchange;

/// The pipeline's metrics (R:control 13.6 with real labels and seconds). One shard; handles are resolved once
/// per label set.
class Probe {
 public:
  explicit Probe(telemetry::Metrics& metrics);

  void request_began() { active_requests_.add(1); }
  void stream_began() { active_streams_.add(1); }
  /// Everything that is known when a request is over.
  void request_ended(const Exchange& exchange);
  void denied(std::string_view kind, std::string_view route, std::string_view reason);
  void key_cache(bool hit) { (hit ? key_hits_ : key_misses_).add(); }

 private:
  struct ByRoute {
    telemetry::Histogram duration_ms, duration_seconds, upstream_ms, first_token_ms, first_token_seconds;
  };
  ByRoute& by_route(std::string_view route, std::string_view provider, bool stream);
  telemetry::Counter& by_dimension(std::string_view route, std::string_view provider, int status);

  telemetry::Metrics& metrics_;
  telemetry::Counter requests_, errors_, auth_failures_, policy_denials_, admission_rejections_, tokens_,
      stream_aborts_;
  telemetry::Counter key_hits_, key_misses_;
  telemetry::Gauge active_requests_, active_streams_;
  telemetry::Histogram overhead_;
  telemetry::LabelLimit provider_labels_{100};
  std::string scratch_;
  std::unordered_map<std::string, ByRoute> routes_;
  std::unordered_map<std::string, telemetry::Counter> dimensions_;
  std::unordered_map<std::string, telemetry::Counter> denials_;
};

}  // namespace relayna::pipeline
