#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "relayna/core/result.hpp"
#include "relayna/core/time.hpp"

namespace relayna::domain {

/// The name it is saved under.
inline constexpr std::string_view kRetentionSetting = "retention";

/// For how many days history is kept; 0: for ever. Sums of usage and balances are always kept.
struct Retention {
  std::int64_t usage_days = 0;  ///< single usage events
  std::int64_t audit_days = 0;

  friend bool operator==(const Retention&, const Retention&) = default;
};
inline constexpr std::int64_t kMostRetentionDays = 36'500;

std::string to_json(const Retention& retention);
/// Any subset of the fields, over what is `configured`. invalid_request with a line `field: what is wrong`
/// for each problem.
core::Result<Retention> parse_retention(std::string_view json, const Retention& configured = {});

/// What is older may go; nullopt: nothing.
std::optional<core::SystemTime> kept_since(std::int64_t days, core::SystemTime now) noexcept;

}  // namespace relayna::domain
