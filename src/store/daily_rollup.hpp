#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "relayna/core/ids.hpp"
#include "relayna/store/store.hpp"

// What `usage_daily` holds. PostgreSQL adds up in the inserting statement itself (postgres/usage.cpp), SQLite
// here; the contract tests hold both to the same sums.

namespace relayna::store {

/// The columns that add up, in their order.
inline constexpr std::array<std::string_view, 13> kDailySums{"requests",
                                                             "refused",
                                                             "errors",
                                                             "input_tokens",
                                                             "output_tokens",
                                                             "cache_read_tokens",
                                                             "cache_write_tokens",
                                                             "reasoning_tokens",
                                                             "audio_input_tokens",
                                                             "audio_output_tokens",
                                                             "total_tokens",
                                                             "cost_nanos",
                                                             "unpriced_requests"};
/// The columns that say whose they are, in their order, which is also the order rows are locked in.
inline constexpr std::string_view kDailyKey = "day, key_id, project_id, team_id, end_user, model, route";

/// Where a sum stops growing: far above what is real (100 million US dollars a day) and far below overflow,
/// so that one absurd number of an upstream keeps no batch from being stored.
inline constexpr std::int64_t kMostPerDay = 100'000'000'000'000'000;
/// Names are cut to so many characters: an index entry has a size limit, and callers choose names.
inline constexpr std::size_t kNameCharacters = 256;
/// `text` as the rollup spells it.
std::string daily_name(std::string_view text);

struct DailyKey {
  std::int64_t day = 0;  ///< since 1970-01-01 UTC
  core::Uuid key_id, project_id, team_id;
  std::string end_user, model, route;
  friend auto operator<=>(const DailyKey&, const DailyKey&) = default;
};
using DailySums = std::array<std::int64_t, kDailySums.size()>;

/// Sums of some events, by key and in its order.
class DailyRollup {
 public:
  void add(const domain::UsageEvent& event);
  [[nodiscard]] const std::map<DailyKey, DailySums>& rows() const noexcept { return rows_; }

 private:
  std::map<DailyKey, DailySums> rows_;
};

/// The days a balance asks for.
struct BalanceDays {
  std::int64_t today = 0;
  std::int64_t week_first = 0, week_last = 0;
  std::int64_t month_first = 0, month_last = 0;
  static BalanceDays of(core::SystemTime at) noexcept;
};

/// A pattern's form: everything, exact, or the start of a name.
struct NamePattern {
  enum class Kind : std::uint8_t { any, exact, prefix } kind = Kind::any;
  std::string text;  ///< as the rollup spells it
  static NamePattern of(std::string_view pattern);
};

}  // namespace relayna::store
