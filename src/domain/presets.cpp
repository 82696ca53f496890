#include <array>

#include "relayna/domain/policy.hpp"

namespace relayna::domain {
namespace {

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;

constexpr core::Money dollars(std::int64_t n) {
  return core::Money::nanos(n * 1'000'000'000);
}

Policy developer() {
  Policy p;
  p.rpm_limit = 60;
  p.tpm_limit = 30'000;
  p.daily_budget = dollars(10);
  p.max_request_body_bytes = 1 * kMiB;
  p.max_response_body_bytes = 2 * kMiB;
  return p;
}

Policy production_worker() {
  Policy p;
  p.allow_tools = false;
  p.rpm_limit = 600;
  p.tpm_limit = 300'000;
  p.daily_budget = dollars(100);
  p.max_request_body_bytes = 1 * kMiB;
  p.max_response_body_bytes = 4 * kMiB;
  return p;
}

Policy read_only_service() {
  Policy p;
  p.allowed_routes = {"/summary", "/embeddings"};
  p.allowed_providers = {"internal-service"};
  p.allow_streaming = false;
  p.allow_tools = false;
  p.rpm_limit = 120;
  p.daily_budget = dollars(5);
  p.max_request_body_bytes = 512 * kKiB;
  p.max_response_body_bytes = 1 * kMiB;
  return p;
}

Policy external_partner() {
  Policy p;
  p.allow_streaming = false;
  p.allow_tools = false;
  p.rpm_limit = 30;
  p.tpm_limit = 10'000;
  p.daily_budget = dollars(3);
  p.max_cost_per_request = core::Money::nanos(250'000'000);
  p.max_request_body_bytes = 256 * kKiB;
  p.max_response_body_bytes = 512 * kKiB;
  return p;
}

Policy temporary_debugging() {
  Policy p;
  p.allow_tools = false;
  p.rpm_limit = 20;
  p.tpm_limit = 5'000;
  p.daily_budget = dollars(1);
  p.max_request_body_bytes = 128 * kKiB;
  p.max_response_body_bytes = 256 * kKiB;
  p.unused_key_auto_disable_after_days = 7;
  return p;
}

struct Preset {
  std::string_view name;
  Policy (*make)();
};
constexpr std::array kPresets{
    Preset{"developer", developer},
    Preset{"production_worker", production_worker},
    Preset{"read_only_service", read_only_service},
    Preset{"external_partner", external_partner},
    Preset{"temporary_debugging", temporary_debugging},
};

}  // namespace

std::optional<Policy> preset(std::string_view name) {
  for (const Preset& p : kPresets) {
    if (p.name == name) return p.make();
  }
  return std::nullopt;
}

std::vector<std::string_view> preset_names() {
  std::vector<std::string_view> names;
  names.reserve(kPresets.size());
  for (const Preset& p : kPresets) names.push_back(p.name);
  return names;
}

}  // namespace relayna::domain
