#include "store/postgres/migrations.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "relayna/telemetry/log.hpp"

#include "store/postgres/faults.hpp"

namespace relayna::store::postgres {

namespace {

/// Any constant that no other program would think of: "relayna" in ASCII.
constexpr const char* kLock = "SELECT pg_advisory_lock(x'72656c61796e61'::bigint)";
constexpr const char* kUnlock = "SELECT pg_advisory_unlock(x'72656c61796e61'::bigint)";
/// A replica waits this long for another one's migrations, which may themselves take their time.
constexpr std::chrono::minutes kLimit{10};

/// Relations of the schema new tables would go to; what belongs to an extension is not ours to judge.
constexpr const char* kLook =
    "SELECT count(*) > 0, "
    "count(*) FILTER (WHERE c.relname = 'schema_migrations' AND (SELECT count(*) FROM pg_attribute a "
    "WHERE a.attrelid = c.oid AND NOT a.attisdropped "
    "AND a.attname IN ('number', 'name', 'checksum', 'compatible_with', 'applied_at')) = 5) > 0 "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT EXISTS "
    "(SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = "
    "'e')";

History look(Connection& connection) {
  // One snapshot: another replica may be migrating meanwhile.
  pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> read(connection.session());
  History history;
  const auto found = query(read, kLook);
  history.has_tables = found[0][0].as<bool>();
  history.has_bookkeeping = found[0][1].as<bool>();
  if (!history.has_bookkeeping) return history;
  for (const auto& row :
       query(read, "SELECT number, name, checksum, compatible_with FROM schema_migrations ORDER BY number")) {
    history.applied.push_back({.number = row[0].as<int>(),
                               .name = row[1].as<std::string>(),
                               .checksum = row[2].as<std::string>(),
                               .compatible_with = row[3].as<int>()});
  }
  return history;
}

void apply_one(Connection& connection, const Migration& migration) {
  pqxx::work write(connection.session());
  // Behind a long-running query a change of a table would hold up everyone else's: better to give up and
  // retry.
  query(write, "SET LOCAL lock_timeout = '10s'");
  query(write, std::string(migration.sql));
  query(write,
        "INSERT INTO schema_migrations (number, name, checksum, compatible_with) VALUES ($1, $2, $3, $4)",
        Params(std::to_string(migration.number), std::string(migration.name), std::string(migration.checksum),
               std::to_string(migration.compatible_with)));
  write.commit();
}

}  // namespace

core::Result<std::vector<MigrationStatus>> SchemaMigrations::status() {
  auto history = pool_.run(Repeat::always,
                           [](Connection& connection) -> core::Result<History> { return look(connection); });
  if (!history) return std::unexpected(std::move(history.error()));
  return judge(known_, *history);
}

core::Result<int> SchemaMigrations::apply() {
  // Usually there is nothing to do, and a server that does not answer is noticed within the usual timeouts.
  const auto before = status();
  if (!before) return std::unexpected(before.error());
  if (std::ranges::all_of(*before, &MigrationStatus::applied)) return 0;
  const auto deadline = core::real_clock().now() + kLimit;
  try {
    // Its own connection: closing it gives the lock back whatever happened.
    Connection connection(options_, deadline);
    const Watchdog::Watch watch(*watchdog_, connection.socket(), deadline);
    return apply_locked(connection);
  } catch (...) {
    Fault fault = classify(std::current_exception());
    if (fault.error.code == core::ErrorCode::migrations_pending ||
        fault.error.code == core::ErrorCode::invalid_request)
      fault.error.code = core::ErrorCode::internal_error;  // the file itself is wrong
    return std::unexpected(std::move(fault.error));
  }
}

core::Result<int> SchemaMigrations::apply_locked(Connection& connection) {
  {
    pqxx::nontransaction lock(connection.session());
    const auto limit = std::chrono::milliseconds(kLimit).count();
    query(lock, fmt::format("SET statement_timeout = {}", limit));
    query(lock, kLock);
  }
  const auto status = judge(known_, look(connection));
  if (!status) return std::unexpected(status.error());
  int applied = 0;
  for (const Migration& migration : known_) {
    if ((*status)[static_cast<std::size_t>(migration.number - 1)].applied) continue;
    apply_one(connection, migration);
    telemetry::log("store")->info("applied migration {:04} {}", migration.number, migration.name);
    ++applied;
  }
  pqxx::nontransaction unlock(connection.session());
  query(unlock, kUnlock);
  return applied;
}

}  // namespace relayna::store::postgres
