#include <algorithm>
#include <limits>

#include "store/sqlite/repositories.hpp"
#include "store/sqlite/select.hpp"

namespace relayna::store::sqlite {

using domain::UsageEvent;

core::Result<void> Usage::insert(std::span<const UsageEvent> events) {
  static const std::string kInsert = sql::insert(sql::kSqlite, kTable<UsageEvent>, columns_of<UsageEvent>()) +
                                     " ON CONFLICT (request_id) DO NOTHING";
  for (const UsageEvent& event : events) {
    if (auto ok = check_usage(event); !ok) return ok;
  }
  if (events.empty()) return {};
  return database_.write({}, [&](Connection& connection) -> core::Result<void> {
    Statement insert = connection.statement(kInsert);
    for (const UsageEvent& event : events) {
      RowBinder binder(insert, RowBinder::Form::usage);
      fields(event, binder);
      insert.run();
      insert.again();
    }
    return {};
  });
}

core::Result<std::vector<UsageEvent>> Usage::recent(std::size_t limit) {
  // The key is ordered by time, so the newest rows are read from the table's end without an index.
  static const std::string kRecent = select_from<UsageEvent>("ORDER BY request_id DESC LIMIT ?1");
  return database_.read([&](Connection& connection) {
    Statement read = connection.statement(kRecent);
    read.bind(
        1, static_cast<std::int64_t>(std::min<std::size_t>(limit, std::numeric_limits<std::int64_t>::max())));
    return read_all<UsageEvent>(std::move(read));
  });
}

core::Result<std::int64_t> Usage::count() {
  return database_.read([](Connection& connection) -> core::Result<std::int64_t> {
    Statement count = connection.statement("SELECT count(*) FROM usage_events");
    return count.step() ? count.integer(0) : 0;
  });
}

}  // namespace relayna::store::sqlite
