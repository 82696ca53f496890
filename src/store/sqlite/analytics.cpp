#include "store/sqlite/analytics.hpp"

#include <algorithm>

#include "store/sqlite/select.hpp"

namespace relayna::store::sqlite {

namespace {

using domain::UsageEvent;

/// As PostgreSQL's statement timeout: nobody waits for more, and what may run for ever can be asked for.
constexpr std::chrono::seconds kPatience{5};

std::string_view raw(const core::Uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

void bind(Statement& statement, const std::vector<UsageValue>& values) {
  int parameter = 0;
  for (const UsageValue& value : values) {
    ++parameter;
    if (const auto* id = std::get_if<core::Uuid>(&value))
      statement.bind_blob(parameter, raw(*id));
    else if (const auto* text = std::get_if<std::string>(&value))
      statement.bind_text(parameter, *text);
    else if (const auto* number = std::get_if<std::int64_t>(&value))
      statement.bind(parameter, *number);
    else
      statement.bind(parameter, std::get<core::SystemTime>(value).time_since_epoch().count());
  }
}

std::string name_of(const Statement& row, int column) {
  const std::string_view bytes = row.bytes(column);
  core::Uuid id;
  if (!row.is_blob(column) || bytes.size() != id.bytes.size()) return std::string(bytes);
  std::ranges::copy(bytes, id.bytes.begin());
  return id.is_nil() ? std::string() : id.str();
}

class Snapshot final : public UsageSnapshot {
 public:
  explicit Snapshot(Connection& connection) : connection_(connection), transaction_(connection, "BEGIN") {}
  [[nodiscard]] const UsageDialect& dialect() const noexcept override { return kSqliteUsage; }
  [[nodiscard]] const std::string& event_columns() const override {
    static const std::string columns = sql::names(columns_of<UsageEvent>());
    return columns;
  }

  std::vector<UsageGroupRow> groups(const UsageStatement& wanted) override {
    Statement statement = connection_.passing_statement(wanted.text);
    bind(statement, wanted.values);
    std::vector<UsageGroupRow> rows;
    while (statement.step()) {
      UsageGroupRow& row = rows.emplace_back();
      row.bucket = statement.integer(0);
      row.name = name_of(statement, 1);
      for (int i = 2; i < statement.columns(); ++i)
        row.numbers.at(static_cast<std::size_t>(i) - 2) = statement.integer(i);
    }
    return rows;
  }
  std::vector<DailyUsage> days(const UsageStatement& wanted) override {
    Statement statement = connection_.passing_statement(wanted.text);
    bind(statement, wanted.values);
    std::vector<DailyUsage> rows;
    while (statement.step()) {
      std::array<std::int64_t, kSummaryColumns> numbers{};
      for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = statement.integer(static_cast<int>(i) + 7);
      rows.push_back({start_of_day(statement.integer(0)), name_of(statement, 1), name_of(statement, 2),
                      name_of(statement, 3), name_of(statement, 4), name_of(statement, 5),
                      name_of(statement, 6), summary_of(numbers)});
    }
    return rows;
  }
  core::Result<std::vector<UsageEvent>> events(const UsageStatement& wanted) override {
    Statement statement = connection_.passing_statement(wanted.text);
    bind(statement, wanted.values);
    return read_all<UsageEvent>(std::move(statement));
  }

 private:
  Connection& connection_;
  Transaction transaction_;
};

}  // namespace

core::Result<void> Analytics::in_snapshot(const std::function<core::Result<void>(UsageSnapshot&)>& work) {
  return database_.read([&](Connection& connection) {
    const Connection::Limit limit(connection, core::real_clock().now() + kPatience);
    Snapshot snapshot(connection);
    return work(snapshot);
  });
}

core::Result<UsageEvent> Analytics::event(const std::string& request_id) {
  const auto id = core::Uuid::parse(request_id);
  if (!id) return std::unexpected(bad_id("request_id"));
  return database_.read([&](Connection& connection) -> core::Result<UsageEvent> {
    static const std::string kFind = select_from<UsageEvent>("WHERE request_id = ?1");
    Statement read = connection.statement(kFind);
    read.bind_blob(1, raw(*id));
    auto found = read_all<UsageEvent>(std::move(read));
    if (!found) return std::unexpected(std::move(found.error()));
    if (found->empty()) return std::unexpected(missing("usage_events"));
    return std::move(found->front());
  });
}

core::Result<std::vector<domain::VirtualKey>> Analytics::unused_keys(std::optional<core::SystemTime> from,
                                                                     std::optional<core::SystemTime> to) {
  return database_.read([&](Connection& connection) -> core::Result<std::vector<domain::VirtualKey>> {
    static const std::string kActive =
        select_from<domain::VirtualKey>("WHERE disabled = 0 AND revoked_at IS NULL ORDER BY created_at, id");
    const Connection::Limit limit(connection, core::real_clock().now() + kPatience);
    Snapshot snapshot(connection);
    const auto used = UsageReports(snapshot).used_keys({from, to});
    if (!used) return std::unexpected(used.error());
    auto keys = read_all<domain::VirtualKey>(connection.statement(kActive));
    if (keys) leave_unused(*keys, *used);
    return keys;
  });
}

core::Result<std::int64_t> Analytics::purge_events(core::SystemTime before, std::size_t at_most) {
  return database_.write({}, [&](Connection& connection) -> core::Result<std::int64_t> {
    Statement note = connection.statement(
        "UPDATE usage_retention SET purged_before = max(coalesce(purged_before, ?1), ?1)");
    note.bind(1, before.time_since_epoch().count());
    note.run();
    Statement purge = connection.statement(
        "DELETE FROM usage_events WHERE request_id IN (SELECT request_id FROM usage_events "
        "WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)");
    purge.bind(1, before.time_since_epoch().count());
    purge.bind(2, static_cast<std::int64_t>(at_most));
    purge.run();
    return connection.changes();
  });
}

core::Result<std::int64_t> Analytics::count_events(core::SystemTime before) {
  return database_.read([&](Connection& connection) -> core::Result<std::int64_t> {
    Statement count = connection.statement("SELECT count(*) FROM usage_events WHERE created_at < ?1");
    count.bind(1, before.time_since_epoch().count());
    count.step();
    return count.integer(0);
  });
}

}  // namespace relayna::store::sqlite
