#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "store/daily_rollup.hpp"
#include "store/sqlite/repositories.hpp"
#include "store/sqlite/select.hpp"
#include "store/sqlite/stamp.hpp"
#include "store/sqlite/usage_rollups.hpp"

namespace relayna::store::sqlite {

using domain::UsageEvent;

namespace {

std::string_view raw(const core::Uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

/// ?1 … the key's columns, then the sums.
const std::string& add_to_day() {
  static const std::string sql = [] {
    std::string names;
    std::string sets;
    for (const std::string_view column : kDailySums) {
      names += fmt::format(", {}", column);
      sets +=
          fmt::format("{0}{1} = min({1} + excluded.{1}, {2})", sets.empty() ? "" : ", ", column, kMostPerDay);
    }
    return fmt::format("INSERT INTO usage_daily ({0}{1}) VALUES ({2}) ON CONFLICT ({0}) DO UPDATE SET {3}",
                       kDailyKey, names, sql::parameters(sql::kSqlite, 7 + kDailySums.size()), sets);
  }();
  return sql;
}

void add_to_days(Connection& connection, const DailyRollup& rollup) {
  Statement add = connection.statement(add_to_day());
  for (const auto& [key, sums] : rollup.rows()) {
    int parameter = 0;
    add.bind(++parameter, key.day);
    for (const core::Uuid* id : {&key.key_id, &key.project_id, &key.team_id})
      add.bind_blob(++parameter, raw(*id));
    for (const std::string* name : {&key.end_user, &key.model, &key.route}) add.bind_text(++parameter, *name);
    for (const std::int64_t sum : sums) add.bind(++parameter, sum);
    add.run();
    add.again();
  }
}

/// Rows older than stamps have 0, which every snapshot includes.
std::int64_t stamp_of(Connection& connection, const core::Uuid& id) {
  Statement read = connection.statement("SELECT coalesce(stamp, 0) FROM usage_events WHERE request_id = ?1");
  read.bind_blob(1, raw(id));
  return read.step() ? read.integer(0) : 0;
}

/// The condition that picks a balance's rows, and what is bound to it.
struct BalanceFilter {
  explicit BalanceFilter(const BalanceQuery& query) {
    id("key_id", query.key_id);
    id("project_id", query.project_id);
    id("team_id", query.team_id);
    if (query.end_user) add("end_user = ?{0}", daily_name(*query.end_user), false);
    name("model", query.model);
    name("route", query.route);
  }
  void bind(Statement& statement) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto& [value, blob] = values[i];
      const int parameter = static_cast<int>(i) + 1;
      if (blob)
        statement.bind_blob(parameter, value);
      else
        statement.bind_text(parameter, value);
    }
  }
  std::string where;

 private:
  void add(std::string_view condition, std::string value, bool blob) {
    values.emplace_back(std::move(value), blob);
    where += where.empty() ? "WHERE " : " AND ";
    where += fmt::format(fmt::runtime(condition), values.size());
  }
  void id(std::string_view column, const std::string& value) {
    if (value.empty()) return;
    add(fmt::format("{} = ?{{0}}", column), std::string(raw(core::Uuid::parse(value).value_or(core::Uuid{}))),
        true);
  }
  void name(std::string_view column, const std::string& pattern) {
    NamePattern wanted = NamePattern::of(pattern);
    if (wanted.kind == NamePattern::Kind::exact)
      add(fmt::format("{} = ?{{0}}", column), std::move(wanted.text), false);
    if (wanted.kind == NamePattern::Kind::prefix)
      add(fmt::format("substr({}, 1, length(?{{0}})) = ?{{0}}", column), std::move(wanted.text), false);
  }
  std::vector<std::pair<std::string, bool>> values;
};

void add_saturating(std::int64_t& sum, std::int64_t value) noexcept {
  if (__builtin_add_overflow(sum, value, &sum)) sum = std::numeric_limits<std::int64_t>::max();
}

/// What one day adds to a balance.
struct DayOfBalance {
  std::int64_t day = 0;
  std::int64_t requests = 0, tokens = 0;
  std::int64_t cost_today = 0, cost_this_week = 0, cost_this_month = 0, cost_total = 0;
};

void add_day(domain::Balance& balance, const DayOfBalance& of, const BalanceDays& days) {
  add_saturating(balance.cost_total, of.cost_total);
  if (of.day >= days.month_first && of.day <= days.month_last)
    add_saturating(balance.cost_this_month, of.cost_this_month);
  if (of.day >= days.week_first && of.day <= days.week_last)
    add_saturating(balance.cost_this_week, of.cost_this_week);
  if (of.day != days.today) return;
  add_saturating(balance.cost_today, of.cost_today);
  add_saturating(balance.requests_today, of.requests);
  add_saturating(balance.tokens_today, of.tokens);
}

/// Within the transaction the balance is read in.
void take_off_resets(Connection& connection, const std::string& counter, const BalanceDays& days,
                     domain::Balance& balance) {
  Statement read = connection.statement(
      "SELECT day, -requests_today, -tokens_today, -cost_today, -cost_this_week, -cost_this_month, "
      "-cost_total "
      "FROM usage_resets WHERE counter = ?1");
  read.bind_text(1, counter);
  while (read.step()) {
    add_day(balance,
            {.day = read.integer(0),
             .requests = read.integer(1),
             .tokens = read.integer(2),
             .cost_today = read.integer(3),
             .cost_this_week = read.integer(4),
             .cost_this_month = read.integer(5),
             .cost_total = read.integer(6)},
            days);
  }
}

}  // namespace

core::Result<std::vector<std::uint64_t>> Usage::insert(std::span<const UsageEvent> events) {
  static const std::string kInsert = [] {
    const auto& columns = columns_of<UsageEvent>();
    return fmt::format("INSERT INTO usage_events ({}, stamp) VALUES ({}) ON CONFLICT (request_id) DO NOTHING",
                       sql::names(columns), sql::parameters(sql::kSqlite, columns.size() + 1));
  }();
  for (const UsageEvent& event : events) {
    if (auto ok = check_usage(event); !ok) return std::unexpected(std::move(ok.error()));
  }
  if (events.empty()) return {};
  return database_.write({}, [&](Connection& connection) -> core::Result<std::vector<std::uint64_t>> {
    const std::int64_t stamp = next_stamp(connection);
    std::vector<std::uint64_t> stamps(events.size(), static_cast<std::uint64_t>(stamp));
    DailyRollup rollup;
    std::vector<UsageSums> sums;
    for (const UsageRollup& kind : usage_rollups()) sums.emplace_back(kind);
    Statement insert = connection.statement(kInsert);
    insert.bind(static_cast<int>(columns_of<UsageEvent>().size()) + 1, stamp);
    for (std::size_t i = 0; i < events.size(); ++i) {
      RowBinder binder(insert, RowBinder::Form::usage);
      fields(events[i], binder);
      insert.run();
      insert.again();
      if (connection.changes() == 0) {
        stamps[i] = static_cast<std::uint64_t>(
            stamp_of(connection, core::Uuid::parse(events[i].request_id).value_or(core::Uuid{})));
        continue;
      }
      rollup.add(events[i]);
      for (UsageSums& sum : sums) sum.add(events[i]);
    }
    add_to_days(connection, rollup);
    for (const UsageSums& sum : sums) add_to_rollup(connection, sum);
    return stamps;
  });
}

core::Result<domain::Balance> Usage::balance(const BalanceQuery& wanted) {
  if (auto ok = check_balance(wanted); !ok) return std::unexpected(std::move(ok.error()));
  const BalanceFilter filter(wanted);
  const BalanceDays days = BalanceDays::of(wanted.at);
  return database_.read([&](Connection& connection) -> core::Result<domain::Balance> {
    const Transaction snapshot(connection, "BEGIN");
    domain::Balance balance{.periods = domain::Periods::of(wanted.at)};
    Statement next = connection.statement("SELECT next FROM usage_stamps");
    const std::int64_t stamp = next.step() ? next.integer(0) : 0;
    balance.snapshot = fmt::format("{0}:{0}:", stamp);
    // Added up here: SQLite's sum() fails where it would overflow.
    Statement read = connection.statement("SELECT day, requests, total_tokens, cost_nanos FROM usage_daily " +
                                          filter.where);
    filter.bind(read);
    while (read.step()) {
      const std::int64_t cost = read.integer(3);
      add_day(balance,
              {.day = read.integer(0),
               .requests = read.integer(1),
               .tokens = read.integer(2),
               .cost_today = cost,
               .cost_this_week = cost,
               .cost_this_month = cost,
               .cost_total = cost},
              days);
    }
    if (!wanted.counter.empty()) take_off_resets(connection, made_storable(wanted.counter), days, balance);
    return balance;
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
