#include "store/sqlite/changes.hpp"

#include "store/text.hpp"

namespace relayna::store::sqlite {

namespace {
/// A process that missed more than this reloads everything, which is then the lesser work.
constexpr std::int64_t kKept = 1'000;
}  // namespace

std::int64_t read_revision(Connection& connection) {
  Statement read = connection.statement("SELECT revision FROM catalog_revision");
  return read.step() ? read.integer(0) : 0;
}

void publish(Connection& connection, std::string_view kind, std::string_view id, const Actor& actor) {
  connection.statement("UPDATE catalog_revision SET revision = revision + 1").run();
  const std::int64_t revision = read_revision(connection);
  const std::string by = made_storable(actor.name);
  Statement insert =
      connection.statement("INSERT INTO catalog_changes (revision, kind, id, actor) VALUES (?1, ?2, ?3, ?4)");
  insert.bind(1, revision);
  insert.bind_text(2, kind);
  insert.bind_text(3, id);
  insert.bind_text(4, by);
  insert.run();
  Statement prune = connection.statement("DELETE FROM catalog_changes WHERE revision <= ?1");
  prune.bind(1, revision - kKept);
  prune.run();
}

std::vector<Change> changes_since(Connection& connection, std::int64_t since) {
  const Transaction snapshot(connection, "BEGIN");
  const std::int64_t revision = read_revision(connection);
  if (revision == since) return {};
  std::vector<Change> changes;
  Statement read = connection.statement(
      "SELECT revision, kind, id FROM catalog_changes WHERE revision > ?1 ORDER BY revision");
  read.bind(1, since);
  while (read.step())
    changes.push_back({read.integer(0), std::string(read.bytes(1)), std::string(read.bytes(2))});
  // Also when the revision went back: the file was replaced by an older copy.
  if (revision < since || static_cast<std::int64_t>(changes.size()) != revision - since)
    return {{revision, {}, {}}};
  return changes;
}

}  // namespace relayna::store::sqlite
