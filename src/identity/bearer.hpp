#pragma once

#include <string_view>

#include "relayna/core/encoding.hpp"

namespace relayna::identity {

inline bool is_authorization(std::string_view name) noexcept {
  constexpr std::string_view kName = "authorization";
  return name.size() == kName.size() && core::iequals(name, kName);
}

/// The one token behind `Bearer`, empty when the value is anything else.
inline std::string_view bearer_token(std::string_view value) noexcept {
  constexpr std::string_view kScheme = "bearer";
  constexpr std::string_view kSpaces = " \t";
  if (value.size() <= kScheme.size() || !core::iequals(value.substr(0, kScheme.size()), kScheme) ||
      !kSpaces.contains(value[kScheme.size()])) {
    return {};
  }
  const std::string_view token = core::trim(value.substr(kScheme.size()));
  return token.find_first_of(kSpaces) == token.npos ? token : std::string_view{};
}

}  // namespace relayna::identity
