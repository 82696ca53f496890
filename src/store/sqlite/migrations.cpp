#include "store/sqlite/migrations.hpp"

#include "relayna/telemetry/log.hpp"

#include "store/sqlite/files.hpp"

namespace relayna::store::sqlite {

namespace {

/// Another process's migrations may take their time.
constexpr std::chrono::minutes kBusy{10};

std::int64_t count(Connection& connection, std::string_view sql) {
  Statement statement = connection.statement(sql);
  return statement.step() ? statement.integer(0) : 0;
}

/// In a transaction.
History look(Connection& connection) {
  History history;
  history.has_tables =
      count(connection, "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'") >
      0;
  history.has_bookkeeping =
      count(connection,
            "SELECT count(*) FROM pragma_table_info('schema_migrations') "
            "WHERE name IN ('number', 'name', 'checksum', 'compatible_with', 'applied_at')") == 5;
  if (!history.has_bookkeeping) return history;
  Statement read = connection.statement(
      "SELECT number, name, checksum, compatible_with FROM schema_migrations ORDER BY number");
  while (read.step()) {
    history.applied.push_back({.number = static_cast<int>(read.integer(0)),
                               .name = std::string(read.bytes(1)),
                               .checksum = std::string(read.bytes(2)),
                               .compatible_with = static_cast<int>(read.integer(3))});
  }
  return history;
}

template <class F>
std::invoke_result_t<F&> guarded(F work) {
  try {
    return work();
  } catch (const Failure& failure) {
    core::Error error = classify(failure, {}).error;
    // Here such an error says that a file is wrong, not that one is missing.
    if (error.code == core::ErrorCode::migrations_pending || error.code == core::ErrorCode::invalid_request)
      error.code = core::ErrorCode::internal_error;
    return std::unexpected(std::move(error));
  }
}

}  // namespace

core::Result<std::vector<MigrationStatus>> SchemaMigrations::read_status() const {
  if (!file_exists(path_)) return judge(known_, {});
  Connection connection(path_, Access::read);
  const Transaction snapshot(connection, "BEGIN");
  return judge(known_, look(connection));
}

core::Result<std::vector<MigrationStatus>> SchemaMigrations::status() {
  return guarded([this] { return read_status(); });
}

core::Result<int> SchemaMigrations::apply() {
  return guarded([this]() -> core::Result<int> {
    // Looks first: a file that is not ours is not touched, not even by switching it to write-ahead logging.
    if (const auto before = read_status(); !before) return std::unexpected(before.error());
    make_file(path_);
    Connection connection(path_, Access::write, kBusy);
    connection.use_wal();
    int applied = 0;
    for (const Migration& migration : known_) {
      const auto done = apply_one(connection, migration);
      if (!done) return std::unexpected(done.error());
      if (*done) ++applied;
    }
    return applied;
  });
}

core::Result<bool> SchemaMigrations::apply_one(Connection& connection, const Migration& migration) const {
  Transaction exclusive(connection, "BEGIN EXCLUSIVE");
  const auto status = judge(known_, look(connection));
  if (!status) return std::unexpected(status.error());
  if ((*status)[static_cast<std::size_t>(migration.number - 1)].applied) return false;
  connection.execute(std::string(migration.sql));
  {
    Statement record = connection.statement(
        "INSERT INTO schema_migrations (number, name, checksum, compatible_with) VALUES (?1, ?2, ?3, ?4)");
    record.bind(1, migration.number);
    record.bind_text(2, migration.name);
    record.bind_text(3, migration.checksum);
    record.bind(4, migration.compatible_with);
    record.run();
  }
  exclusive.commit();
  telemetry::log("store")->info("applied migration {:04} {}", migration.number, migration.name);
  return true;
}

}  // namespace relayna::store::sqlite
