#include <algorithm>

#include "store/postgres/changes.hpp"
#include "store/postgres/repositories.hpp"
#include "store/postgres/select.hpp"
#include "store/postgres/statements.hpp"
#include "store/sql.hpp"

namespace relayna::store::postgres {

namespace {

using domain::VirtualKey;

core::Result<std::optional<VirtualKey>> read_one(const pqxx::result& result) {
  auto rows = read_all<VirtualKey>(result);
  if (!rows) return std::unexpected(std::move(rows.error()));
  if (rows->empty()) return std::nullopt;
  return std::move(rows->front());
}

}  // namespace

core::Result<std::optional<VirtualKey>> Keys::find_by_hash(const core::Digest& hash) {
  return pool_.run(Repeat::always, [&](Connection& connection) {
    pqxx::nontransaction read(connection.session());
    return read_one(prepared(read, kFindKey, Params(digest_text(hash))));
  });
}

core::Result<VirtualKey> Keys::get(const std::string& id) {
  if (!canonical_id(id)) return std::unexpected(missing("keys"));
  return pool_.run(Repeat::always, [&](Connection& connection) -> core::Result<VirtualKey> {
    pqxx::nontransaction read(connection.session());
    auto key = read_one(query(read, select_from<VirtualKey>("WHERE id = $1"), Params(id)));
    if (!key) return std::unexpected(std::move(key.error()));
    if (!*key) return std::unexpected(missing("keys"));
    return std::move(**key);
  });
}

core::Result<std::optional<VirtualKey>> Keys::find_by_name(const std::string& name) {
  if (!storable(name)) return std::nullopt;
  return pool_.run(Repeat::always, [&](Connection& connection) {
    pqxx::nontransaction read(connection.session());
    return read_one(
        query(read, select_from<VirtualKey>("WHERE name = $1 ORDER BY revoked_at DESC NULLS FIRST LIMIT 1"),
              Params(name)));
  });
}

core::Result<std::vector<VirtualKey>> Keys::list() {
  return pool_.run(Repeat::always, [](Connection& connection) {
    pqxx::nontransaction read(connection.session());
    return read_all<VirtualKey>(query(read, select_from<VirtualKey>("ORDER BY created_at DESC, id DESC")));
  });
}

core::Result<void> Keys::create(const VirtualKey& key, const Actor& actor) {
  if (auto ok = check(key); !ok) return ok;
  static const std::string kInsert =
      sql::insert(sql::kPostgres, kTable<VirtualKey>, columns_of<VirtualKey>());
  return pool_.run(Repeat::until_commit, [&](Connection& connection) -> core::Result<void> {
    Mutation write(connection);
    query(write.on(), kInsert, Params::row(key));
    publish(write.on(), "keys", key.id, actor);
    write.commit();
    return {};
  });
}

core::Result<void> Keys::update(const VirtualKey& key, const Actor& actor) {
  if (auto ok = check(key); !ok) return ok;
  static const std::string kUpdate =
      sql::update(sql::kPostgres, kTable<VirtualKey>, columns_of<VirtualKey>());
  return pool_.run(Repeat::until_commit, [&](Connection& connection) -> core::Result<void> {
    Mutation write(connection);
    if (query(write.on(), kUpdate, Params::row(key)).affected_rows() == 0)
      return std::unexpected(missing("keys"));
    publish(write.on(), "keys", key.id, actor);
    write.commit();
    return {};
  });
}

core::Result<void> Keys::revoke(const std::string& id, core::SystemTime at, const Actor& actor) {
  const auto key = canonical_id(id);
  if (!key) return std::unexpected(missing("keys"));
  return pool_.run(Repeat::until_commit, [&](Connection& connection) -> core::Result<void> {
    Mutation write(connection);
    const auto changed = query(write.on(),
                               "UPDATE keys SET revoked_at = $2::timestamptz, updated_at = $2::timestamptz "
                               "WHERE id = $1 AND revoked_at IS NULL",
                               Params(*key, time_text(at)));
    if (changed.affected_rows() == 0) {
      if (query(write.on(), "SELECT 1 FROM keys WHERE id = $1", Params(*key)).empty())
        return std::unexpected(missing("keys"));
      return {};  // revoked before: the first moment stays
    }
    publish(write.on(), "keys", *key, actor);
    write.commit();
    return {};
  });
}

core::Result<void> Keys::touch(std::span<const std::pair<std::string, core::SystemTime>> used) {
  std::string ids = "{";
  std::string times = "{";
  for (const auto& [id, at] : used) {
    if (!canonical_id(id)) return std::unexpected(bad_id("id"));
    const char* separator = ids.size() > 1 ? "," : "";
    ids += separator + id;
    times += separator + time_text(at);
  }
  if (ids.size() == 1) return {};
  // Rows are locked in one order, so that replicas touching the same keys do not wait for each other in a
  // circle.
  return pool_.run(Repeat::always, [&](Connection& connection) -> core::Result<void> {
    pqxx::nontransaction write(connection.session());
    query(write,
          "WITH used AS (SELECT id, max(at) AS at FROM unnest($1::uuid[], $2::timestamptz[]) AS u (id, at) "
          "GROUP BY id), "
          "locked AS (SELECT keys.id, used.at FROM keys JOIN used USING (id) ORDER BY keys.id FOR NO KEY "
          "UPDATE OF keys) "
          "UPDATE keys SET last_used_at = locked.at FROM locked "
          "WHERE keys.id = locked.id AND (keys.last_used_at IS NULL OR keys.last_used_at < locked.at)",
          Params(ids + '}', times + '}'));
    return {};
  });
}

}  // namespace relayna::store::postgres
