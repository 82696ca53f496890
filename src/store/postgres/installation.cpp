#include "store/postgres/repositories.hpp"
#include "store/postgres/select.hpp"

// What belongs to the installation itself: its secrets and its replicas. Nothing here moves the catalog's
// revision.

namespace relayna::store::postgres {

core::Result<std::optional<std::string>> Secrets::get(const std::string& name) {
  if (!storable(name)) return std::nullopt;
  return pool_.run(Repeat::always, [&](Connection& connection) -> core::Result<std::optional<std::string>> {
    pqxx::nontransaction read(connection.session());
    const auto found = query(read, "SELECT value FROM secrets WHERE name = $1", Params(name));
    if (found.empty()) return std::nullopt;
    return found[0][0].as<std::string>();
  });
}

core::Result<std::string> Secrets::put_if_absent(const std::string& name, const std::string& value) {
  if (auto ok = check_secret(name, value); !ok) return std::unexpected(std::move(ok.error()));
  return pool_.run(Repeat::always, [&](Connection& connection) -> core::Result<std::string> {
    pqxx::nontransaction write(connection.session());
    query(write, "INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
          Params(name, value));
    // A statement of its own: it must see what another replica has just committed.
    const auto stored = query(write, "SELECT value FROM secrets WHERE name = $1", Params(name));
    if (stored.empty())
      return core::fail(core::ErrorCode::conflict, "the secret was removed at the same time");
    return stored[0][0].as<std::string>();
  });
}

core::Result<void> Secrets::replace(const std::string& name, const std::string& expected,
                                    const std::string& value) {
  if (auto ok = check_secret(name, value); !ok) return ok;
  if (!storable(expected)) return std::unexpected(secret_changed());
  return pool_.run(Repeat::never, [&](Connection& connection) -> core::Result<void> {
    pqxx::nontransaction write(connection.session());
    const auto changed = query(write, "UPDATE secrets SET value = $3 WHERE name = $1 AND value = $2",
                               Params(name, expected, value));
    if (changed.affected_rows() == 0) return std::unexpected(secret_changed());
    return {};
  });
}

core::Result<void> Replicas::heartbeat(const Replica& replica) {
  if (auto ok = check(replica); !ok) return ok;
  return pool_.run(Repeat::always, [&](Connection& connection) -> core::Result<void> {
    pqxx::nontransaction write(connection.session());
    // Replicas that died without a word are forgotten after a day.
    query(
        write,
        "WITH gone AS (DELETE FROM replicas WHERE seen_at < $5::timestamptz - interval '1 day' AND id <> $1) "
        "INSERT INTO replicas (id, version, host, started_at, seen_at) "
        "VALUES ($1, $2, $3, $4::timestamptz, $5::timestamptz) ON CONFLICT (id) DO UPDATE SET "
        "version = excluded.version, host = excluded.host, started_at = excluded.started_at, seen_at = "
        "excluded.seen_at",
        Params::row(replica));
    return {};
  });
}

core::Result<std::vector<Replica>> Replicas::alive(core::SystemTime since) {
  return pool_.run(Repeat::always, [&](Connection& connection) {
    pqxx::nontransaction read(connection.session());
    return read_all<Replica>(
        query(read, select_from<Replica>("WHERE seen_at >= $1 ORDER BY id"), Params(time_text(since))));
  });
}

core::Result<void> Replicas::remove(const std::string& id) {
  if (!storable(id)) return {};
  return pool_.run(Repeat::always, [&](Connection& connection) -> core::Result<void> {
    pqxx::nontransaction write(connection.session());
    query(write, "DELETE FROM replicas WHERE id = $1", Params(id));
    return {};
  });
}

}  // namespace relayna::store::postgres
