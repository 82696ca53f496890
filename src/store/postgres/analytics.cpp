#include "store/postgres/analytics.hpp"

#include <charconv>

#include "store/postgres/select.hpp"

namespace relayna::store::postgres {

namespace {

using domain::UsageEvent;

Params params_of(const UsageStatement& statement) {
  Params params;
  for (const UsageValue& value : statement.values) {
    if (const auto* id = std::get_if<core::Uuid>(&value))
      params.text({}, id->str());
    else if (const auto* text = std::get_if<std::string>(&value))
      params.text({}, *text);
    else if (const auto* number = std::get_if<std::int64_t>(&value))
      params.number({}, *number);
    else
      params.time({}, std::get<core::SystemTime>(value));
  }
  return params;
}

std::int64_t integer(const pqxx::field& field) {
  std::int64_t value = 0;
  std::from_chars(field.c_str(), field.c_str() + field.size(), value);
  return value;
}

std::string name_of(const pqxx::field& field) {
  std::string name(field.c_str(), field.size());
  if (name == core::Uuid{}.str()) name.clear();
  return name;
}

class Snapshot final : public UsageSnapshot {
 public:
  explicit Snapshot(pqxx::transaction_base& read) : read_(read) {
    // Compiling a statement with this many sums takes longer than running it.
    query(read_, "SET LOCAL jit = off");
  }
  [[nodiscard]] const UsageDialect& dialect() const noexcept override { return kPostgresUsage; }
  [[nodiscard]] const std::string& event_columns() const override { return select_list<UsageEvent>(); }

  std::vector<UsageGroupRow> groups(const UsageStatement& statement) override {
    std::vector<UsageGroupRow> rows;
    for (const auto& found : query(read_, statement.text, params_of(statement))) {
      UsageGroupRow& row = rows.emplace_back();
      row.bucket = integer(found[0]);
      row.name = name_of(found[1]);
      for (pqxx::row::size_type i = 2; i < found.size(); ++i) row.numbers.at(i - 2) = integer(found[i]);
    }
    return rows;
  }
  std::vector<DailyUsage> days(const UsageStatement& statement) override {
    std::vector<DailyUsage> rows;
    for (const auto& found : query(read_, statement.text, params_of(statement))) {
      std::array<std::int64_t, kSummaryColumns> numbers{};
      for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = integer(found[static_cast<pqxx::row::size_type>(i + 7)]);
      rows.push_back({start_of_day(integer(found[0])), name_of(found[1]), name_of(found[2]),
                      name_of(found[3]), name_of(found[4]), name_of(found[5]), name_of(found[6]),
                      summary_of(numbers)});
    }
    return rows;
  }
  core::Result<std::vector<UsageEvent>> events(const UsageStatement& statement) override {
    return read_all<UsageEvent>(query(read_, statement.text, params_of(statement)));
  }

 private:
  pqxx::transaction_base& read_;
};

}  // namespace

core::Result<void> Analytics::in_snapshot(const std::function<core::Result<void>(UsageSnapshot&)>& work) {
  return pool_.run(Repeat::always, [&](Connection& connection) {
    pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> read(connection.session());
    Snapshot snapshot(read);
    return work(snapshot);
  });
}

core::Result<UsageEvent> Analytics::event(const std::string& request_id) {
  const auto id = canonical_id(request_id);
  if (!id) return std::unexpected(bad_id("request_id"));
  return pool_.run(Repeat::always, [&](Connection& connection) -> core::Result<UsageEvent> {
    pqxx::nontransaction read(connection.session());
    auto found =
        read_all<UsageEvent>(query(read, select_from<UsageEvent>("WHERE request_id = $1"), Params(*id)));
    if (!found) return std::unexpected(std::move(found.error()));
    if (found->empty()) return std::unexpected(missing("usage_events"));
    return std::move(found->front());
  });
}

core::Result<std::vector<domain::VirtualKey>> Analytics::unused_keys(std::optional<core::SystemTime> from,
                                                                     std::optional<core::SystemTime> to) {
  return pool_.run(
      Repeat::always, [&](Connection& connection) -> core::Result<std::vector<domain::VirtualKey>> {
        pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> read(connection.session());
        Snapshot snapshot(read);
        const auto used = UsageReports(snapshot).used_keys({from, to});
        if (!used) return std::unexpected(used.error());
        auto keys = read_all<domain::VirtualKey>(
            query(read, select_from<domain::VirtualKey>(
                            "WHERE NOT disabled AND revoked_at IS NULL ORDER BY created_at, id")));
        if (keys) leave_unused(*keys, *used);
        return keys;
      });
}

core::Result<std::int64_t> Analytics::purge_events(core::SystemTime before, std::size_t at_most) {
  return pool_.run(Repeat::until_commit, [&](Connection& connection) -> core::Result<std::int64_t> {
    Mutation mutation(connection);
    query(mutation.on(), "UPDATE usage_retention SET purged_before = greatest(purged_before, $1)",
          Params(std::to_string(before.time_since_epoch().count())));
    const auto done =
        query(mutation.on(),
              "DELETE FROM usage_events WHERE request_id IN (SELECT request_id FROM usage_events "
              "WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
              Params(time_text(before), std::to_string(at_most)));
    mutation.commit();
    return static_cast<std::int64_t>(done.affected_rows());
  });
}

core::Result<std::int64_t> Analytics::count_events(core::SystemTime before) {
  return pool_.run(Repeat::always, [&](Connection& connection) -> core::Result<std::int64_t> {
    pqxx::nontransaction read(connection.session());
    return query(read, "SELECT count(*) FROM usage_events WHERE created_at < $1",
                 Params(time_text(before)))[0][0]
        .as<std::int64_t>();
  });
}

}  // namespace relayna::store::postgres
