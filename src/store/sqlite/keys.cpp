#include "store/sqlite/changes.hpp"
#include "store/sqlite/repositories.hpp"
#include "store/sqlite/select.hpp"

namespace relayna::store::sqlite {

namespace {

using domain::VirtualKey;

core::Result<std::optional<VirtualKey>> read_one(Statement statement) {
  auto rows = read_all<VirtualKey>(std::move(statement));
  if (!rows) return std::unexpected(std::move(rows.error()));
  if (rows->empty()) return std::nullopt;
  return std::move(rows->front());
}

core::Result<void> run_and_publish(Database& database, const VirtualKey& key, const std::string& sql,
                                   const Actor& actor) {
  auto done = database.write(kTable<VirtualKey>.reference, [&](Connection& connection) -> core::Result<void> {
    {
      Statement write = connection.statement(sql);
      RowBinder binder(write, RowBinder::Form::plain);
      fields(key, binder);
      write.run();
    }
    if (connection.changes() == 0) return std::unexpected(missing("keys"));
    publish(connection, "keys", key.id, actor);
    return {};
  });
  if (done) database.bell()->ring();
  return done;
}

}  // namespace

core::Result<std::optional<VirtualKey>> Keys::find_by_hash(const core::Digest& hash) {
  static const std::string kFind =
      select_from<VirtualKey>("WHERE hash = ?1 OR previous_hash = ?1 ORDER BY hash = ?1 DESC LIMIT 1");
  return database_.read([&](Connection& connection) {
    Statement find = connection.statement(kFind);
    find.bind_blob(1, {reinterpret_cast<const char*>(hash.data()), hash.size()});
    return read_one(std::move(find));
  });
}

core::Result<VirtualKey> Keys::get(const std::string& id) {
  const auto canonical = canonical_id(id);
  if (!canonical) return std::unexpected(missing("keys"));
  return database_.read([&](Connection& connection) -> core::Result<VirtualKey> {
    Statement find = connection.statement(select_from<VirtualKey>("WHERE id = ?1"));
    find.bind_text(1, *canonical);
    auto key = read_one(std::move(find));
    if (!key) return std::unexpected(std::move(key.error()));
    if (!*key) return std::unexpected(missing("keys"));
    return std::move(**key);
  });
}

core::Result<std::optional<VirtualKey>> Keys::find_by_name(const std::string& name) {
  if (!storable(name)) return std::nullopt;
  return database_.read([&](Connection& connection) {
    Statement find = connection.statement(
        select_from<VirtualKey>("WHERE name = ?1 ORDER BY revoked_at DESC NULLS FIRST LIMIT 1"));
    find.bind_text(1, name);
    return read_one(std::move(find));
  });
}

core::Result<std::vector<VirtualKey>> Keys::list() {
  return database_.read([](Connection& connection) {
    return read_all<VirtualKey>(
        connection.statement(select_from<VirtualKey>("ORDER BY created_at DESC, id DESC")));
  });
}

core::Result<void> Keys::create(const VirtualKey& key, const Actor& actor) {
  static const std::string kInsert = sql::insert(sql::kSqlite, kTable<VirtualKey>, columns_of<VirtualKey>());
  if (auto ok = check(key); !ok) return ok;
  return run_and_publish(database_, key, kInsert, actor);
}

core::Result<void> Keys::update(const VirtualKey& key, const Actor& actor) {
  static const std::string kUpdate = sql::update(sql::kSqlite, kTable<VirtualKey>, columns_of<VirtualKey>());
  if (auto ok = check(key); !ok) return ok;
  return run_and_publish(database_, key, kUpdate, actor);
}

core::Result<void> Keys::revoke(const std::string& id, core::SystemTime at, const Actor& actor) {
  const auto key = canonical_id(id);
  if (!key) return std::unexpected(missing("keys"));
  auto done = database_.write({}, [&](Connection& connection) -> core::Result<void> {
    Statement revoke = connection.statement(
        "UPDATE keys SET revoked_at = ?2, updated_at = ?2 WHERE id = ?1 AND revoked_at IS NULL");
    revoke.bind_text(1, *key);
    revoke.bind(2, at.time_since_epoch().count());
    revoke.run();
    if (connection.changes() > 0) {
      publish(connection, "keys", *key, actor);
      return {};
    }
    Statement exists = connection.statement("SELECT 1 FROM keys WHERE id = ?1");
    exists.bind_text(1, *key);
    if (!exists.step()) return std::unexpected(missing("keys"));
    return {};  // revoked before: the first moment stays
  });
  if (done) database_.bell()->ring();
  return done;
}

core::Result<void> Keys::touch(std::span<const std::pair<std::string, core::SystemTime>> used) {
  for (const auto& [id, at] : used) {
    if (!canonical_id(id)) return std::unexpected(bad_id("id"));
  }
  if (used.empty()) return {};
  return database_.write({}, [&](Connection& connection) -> core::Result<void> {
    Statement touch = connection.statement(
        "UPDATE keys SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)");
    for (const auto& [id, at] : used) {
      touch.bind_copied_text(1, *canonical_id(id));
      touch.bind(2, at.time_since_epoch().count());
      touch.run();
      touch.again();
    }
    return {};
  });
}

}  // namespace relayna::store::sqlite
