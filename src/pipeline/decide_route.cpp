#include <algorithm>

#include <fmt/format.h>

#include "pipeline/decide.hpp"
#include "pipeline/trace.hpp"

namespace relayna::pipeline {

namespace {

/// A path no route has may be one of LiteLLM's that operators let through: then it is a raw call like those
/// below /providers/.
bool pass_to_litellm(Inquiry& x, const core::Error& unmatched) {
  const auto& passthrough = x.snapshot->passthrough;
  const auto* litellm = x.snapshot->litellm();
  if (unmatched.code != core::ErrorCode::unsupported_route || litellm == nullptr ||
      !passthrough.allows(x.method, x.target.path))
    return false;
  x.match = {domain::Route::provider_passthrough, dialect::Operation::other, litellm->name, x.target.raw_path,
             operation_of_path(x.method, x.target.raw_path)};
  x.route_settings = x.snapshot->route(x.match.route);
  x.route_settings.timeout_ms = passthrough.timeout_ms;
  x.route_settings.max_request_body_bytes = passthrough.max_request_body_bytes;
  x.route_settings.max_response_body_bytes = passthrough.max_response_body_bytes;
  return true;
}

core::Result<void> match_path(Inquiry& x) {
  auto match = match_route(x.method, x.target.path, x.target.raw_path);
  if (match) {
    x.match = *match;
    x.route_settings = x.snapshot->route(x.match.route);
  } else if (!pass_to_litellm(x, match.error())) {
    return std::unexpected(match.error());
  }
  return {};
}

}  // namespace

core::Result<void> find_route(Inquiry& x) {
  if (auto found = noted(x.trace, kRouteRule, match_path(x)); !found) return found;
  core::Result<void> enabled;
  if (!x.route_settings.enabled) enabled = core::fail(core::ErrorCode::disabled_route);
  return noted(x.trace, kRouteEnabledRule, std::move(enabled));
}

std::uint64_t body_limit(const Inquiry& x, std::uint64_t max_bytes) noexcept {
  const auto& route = x.route_settings.max_request_body_bytes;
  return route ? std::min<std::uint64_t>(max_bytes, static_cast<std::uint64_t>(*route)) : max_bytes;
}

core::Result<void> check_body_size(const Inquiry& x, std::uint64_t bytes, std::uint64_t max_bytes) {
  const std::uint64_t limit = body_limit(x, max_bytes);
  core::Result<void> fits;
  if (bytes > limit) {
    fits = core::fail(core::ErrorCode::request_body_too_large,
                      fmt::format("The request body is larger than {} bytes.", limit));
  }
  return noted(x.trace, kRouteBodyRule, std::move(fits), x.route_settings.max_request_body_bytes.has_value());
}

core::Result<void> take_features(Inquiry& x, core::Result<dialect::Features> read) {
  // Whether a raw call makes sense is for its provider to say.
  if (!read && x.is_raw()) return {};
  if (!read) return noted(x.trace, kBodyRule, std::unexpected(std::move(read.error())));
  x.features = std::move(*read);
  if (x.is_raw() && x.features.model.empty()) x.features.model = dialect::model_in_path(x.match.rest);
  return noted(x.trace, kBodyRule, {});
}

}  // namespace relayna::pipeline
