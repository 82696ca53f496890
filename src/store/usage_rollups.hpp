#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "relayna/domain/catalog_objects.hpp"

// The sums that analytics is answered from, by `created_at`, kept by the transaction that stores the events.
// As with usage_daily, PostgreSQL adds up in the inserting statement and SQLite here.

namespace relayna::store {

/// What events are filtered and grouped by.
enum class UsageField : std::uint8_t {
  key,
  project,
  team,
  model,
  provider,
  service,
  route,
  end_user,
  tag,
  task,
  status_code,
  error_code,
  // Only events have these.
  failed,
  request_id,
  trace_id,
  run_id,
  method,
  endpoint,
  usage_source,
  min_cost,
  stream,
  status_class,  ///< follows from status_code
  request_prefix,
  min_latency,
};

enum class UsageFieldKind : std::uint8_t { id, name, number };

struct UsageColumn {
  std::string_view rollup;  ///< its column in the rollups; empty: in none
  std::string_view event;   ///< its column in usage_events
  UsageFieldKind kind;
};
const UsageColumn& column_of(UsageField field) noexcept;

struct UsageRollup {
  std::string_view table;
  std::int64_t unit;                       ///< seconds of a period: an hour, a day or a week
  std::span<const UsageField> dimensions;  ///< the primary key is (period, these)
};
/// The more general ones come first, and of those that know the same the one of shorter periods.
std::span<const UsageRollup> usage_rollups() noexcept;
/// The one that knows the same by longer periods, multiples of this one's; or null.
const UsageRollup* coarser(const UsageRollup& rollup) noexcept;
bool has(const UsageRollup& rollup, UsageField field) noexcept;

/// The columns that add up, and what an event adds, in SQL that both databases understand.
struct UsageMeasure {
  std::string_view column;
  std::string event;
};
inline constexpr std::size_t kUsageMeasures = 16;
const std::array<UsageMeasure, kUsageMeasures>& usage_measures();

/// At most so many of a request's tags are counted; the others are only in the event.
inline constexpr std::size_t kTagsPerRequest = 16;
/// The parts of `x-relayna-tags` between commas: trimmed of blanks, cut like names, each once, in order.
std::vector<std::string> tags_of(std::string_view header);

/// Sums of some events for one rollup.
class UsageSums {
 public:
  using Measures = std::array<std::int64_t, kUsageMeasures>;
  struct Row {
    const domain::UsageEvent* event = nullptr;  ///< one of those that were added; gives the dimensions
    std::int64_t period = 0;
    std::string tag;
    Measures measures{};
  };
  explicit UsageSums(const UsageRollup& rollup) : rollup_(&rollup) {}
  /// The event must outlive this object.
  void add(const domain::UsageEvent& event);
  /// In the order of the rollup's primary key.
  [[nodiscard]] std::vector<const Row*> rows() const;
  [[nodiscard]] const UsageRollup& rollup() const noexcept { return *rollup_; }

 private:
  void add(const domain::UsageEvent& event, const std::string& tag);
  const UsageRollup* rollup_;
  std::unordered_map<std::string, Row> rows_;
};

/// The text of a name or id field of an event.
const std::string& text_of(const domain::UsageEvent& event, UsageField field) noexcept;

}  // namespace relayna::store
