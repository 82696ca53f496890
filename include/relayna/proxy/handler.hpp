#pragma once

#include <string>
#include <vector>

#include "relayna/http/message.hpp"
#include "relayna/pipeline/health.hpp"
#include "relayna/pipeline/pipeline.hpp"

namespace relayna::proxy {

/// The proxy listener: /health and CORS preflights are answered here, everything else goes through the
/// pipeline. One shard.
class Handler final : public http::Handler {
 public:
  struct Settings {
    std::vector<std::string> cors_allowed_origins;  ///< exact origins, or `*`
  };
  /// All references outlive the handler.
  Handler(pipeline::Pipeline& pipeline, pipeline::Health& health, const pipeline::About& about,
          runtime::Shard& shard, Settings settings);

  runtime::Task<http::Response> handle(http::Request request) override;
  http::Response refuse(std::string_view target, const core::Error& error) override;

 private:
  [[nodiscard]] bool origin_allowed(std::string_view origin) const;
  /// The ids and the latency every answer of this listener carries; the pipeline adds its own.
  void add_ids(http::Response& response, core::TimePoint received);
  [[nodiscard]] http::Response preflight(std::string_view origin, std::string_view wanted_headers) const;

  pipeline::Pipeline& pipeline_;
  pipeline::Health& health_;
  const pipeline::About& about_;
  runtime::Shard& shard_;
  Settings settings_;
};

/// The answer of GET /health (contract section 4): 200 also when degraded, 503 only when no upstream can be
/// routed to.
http::Response health_answer(const pipeline::Health& health, const pipeline::About& about,
                             const core::Clock& clock);

}  // namespace relayna::proxy
