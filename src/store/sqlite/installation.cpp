#include "store/sqlite/repositories.hpp"
#include "store/sqlite/select.hpp"

// What belongs to the installation itself: its secrets and its replicas. Nothing here moves the catalog's
// revision.

namespace relayna::store::sqlite {

namespace {

std::optional<std::string> read_secret(Connection& connection, const std::string& name) {
  Statement read = connection.statement("SELECT value FROM secrets WHERE name = ?1");
  read.bind_text(1, name);
  if (!read.step()) return std::nullopt;
  return std::string(read.bytes(0));
}

}  // namespace

core::Result<std::optional<std::string>> Secrets::get(const std::string& name) {
  if (!storable(name)) return std::nullopt;
  return database_.read([&](Connection& connection) -> core::Result<std::optional<std::string>> {
    return read_secret(connection, name);
  });
}

core::Result<std::string> Secrets::put_if_absent(const std::string& name, const std::string& value) {
  if (auto ok = check_secret(name, value); !ok) return std::unexpected(std::move(ok.error()));
  return database_.write({}, [&](Connection& connection) -> core::Result<std::string> {
    Statement insert = connection.statement(
        "INSERT INTO secrets (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING");
    insert.bind_text(1, name);
    insert.bind_text(2, value);
    insert.run();
    return read_secret(connection, name).value_or(value);
  });
}

core::Result<void> Secrets::replace(const std::string& name, const std::string& expected,
                                    const std::string& value) {
  if (auto ok = check_secret(name, value); !ok) return ok;
  return database_.write({}, [&](Connection& connection) -> core::Result<void> {
    Statement update = connection.statement("UPDATE secrets SET value = ?3 WHERE name = ?1 AND value = ?2");
    update.bind_text(1, name);
    update.bind_text(2, expected);
    update.bind_text(3, value);
    update.run();
    if (connection.changes() == 0) return std::unexpected(secret_changed());
    return {};
  });
}

core::Result<void> Replicas::heartbeat(const Replica& replica) {
  if (auto ok = check(replica); !ok) return ok;
  return database_.write({}, [&](Connection& connection) -> core::Result<void> {
    Statement upsert = connection.statement(
        "INSERT INTO replicas (id, version, host, started_at, seen_at) VALUES (?1, ?2, ?3, ?4, ?5) "
        "ON CONFLICT (id) DO UPDATE SET version = excluded.version, host = excluded.host, "
        "started_at = excluded.started_at, seen_at = excluded.seen_at");
    RowBinder binder(upsert, RowBinder::Form::plain);
    fields(replica, binder);
    upsert.run();
    // Replicas that died without a word are forgotten after a day.
    Statement forget = connection.statement("DELETE FROM replicas WHERE seen_at < ?1");
    const core::SystemTime yesterday = replica.seen_at - std::chrono::days(1);
    forget.bind(1, yesterday.time_since_epoch().count());
    forget.run();
    return {};
  });
}

core::Result<std::vector<Replica>> Replicas::alive(core::SystemTime since) {
  return database_.read([&](Connection& connection) {
    Statement read = connection.statement(select_from<Replica>("WHERE seen_at >= ?1 ORDER BY id"));
    read.bind(1, since.time_since_epoch().count());
    return read_all<Replica>(std::move(read));
  });
}

core::Result<void> Replicas::remove(const std::string& id) {
  return database_.write({}, [&](Connection& connection) -> core::Result<void> {
    Statement remove = connection.statement("DELETE FROM replicas WHERE id = ?1");
    remove.bind_text(1, id);
    remove.run();
    return {};
  });
}

}  // namespace relayna::store::sqlite
