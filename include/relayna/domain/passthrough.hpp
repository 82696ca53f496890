#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/result.hpp"

namespace relayna::domain {

/// The name it is saved under.
inline constexpr std::string_view kLitellmPassthroughSetting = "litellm_passthrough";

/// Which paths that no route of the gateway has go on to LiteLLM, as they are.
struct LitellmPassthrough {
  bool enabled = false;
  std::vector<std::string> allowed_paths{"/v1/*"};  ///< with `*` at the end everything that begins so
  std::vector<std::string> allowed_methods{"GET", "POST"};
  std::int64_t timeout_ms = 120'000;
  std::int64_t max_request_body_bytes = 1'048'576;
  std::int64_t max_response_body_bytes = 1'048'576;

  [[nodiscard]] bool allows(std::string_view method, std::string_view path) const noexcept;
  friend bool operator==(const LitellmPassthrough&, const LitellmPassthrough&) = default;
};

std::string to_json(const LitellmPassthrough& settings);
/// Any subset of the fields, over the defaults. invalid_request with a line `field: what is wrong` for each
/// problem.
core::Result<LitellmPassthrough> parse_litellm_passthrough(std::string_view json);

}  // namespace relayna::domain
