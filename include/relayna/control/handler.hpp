#pragma once

#include <string>

#include "relayna/control/admin.hpp"
#include "relayna/http/message.hpp"
#include "relayna/pipeline/health.hpp"
#include "relayna/runtime/shard.hpp"
#include "relayna/telemetry/metrics.hpp"

namespace relayna::control {

/// The control listener: probes, metrics and the admin API. Runs on shard 0.
class Handler final : public http::Handler {
 public:
  struct Settings {
    std::string base_path = "/";    ///< prefix a reverse proxy serves this listener under
    bool serve_from_cache = false;  ///< GATEWAY_READINESS=serving: stay ready while cached state can serve
  };
  /// All references outlive the handler.
  Handler(runtime::Shard& shard, const pipeline::Health& health, const pipeline::About& about,
          const telemetry::Metrics& metrics, Settings settings);

  /// The admin API answers from now on; null: store_unavailable again. It outlives its requests.
  void set_admin(Admin* admin) noexcept { admin_ = admin; }

  runtime::Task<http::Response> handle(http::Request request) override;
  http::Response refuse(std::string_view target, const core::Error& error) override;

 private:
  runtime::Task<http::Response> administer(http::Request request, std::string path);
  [[nodiscard]] http::Response ready() const;
  [[nodiscard]] http::Response started() const;

  runtime::Shard& shard_;
  const pipeline::Health& health_;
  const pipeline::About& about_;
  const telemetry::Metrics& metrics_;
  Settings settings_;
  Admin* admin_ = nullptr;
};

}  // namespace relayna::control
