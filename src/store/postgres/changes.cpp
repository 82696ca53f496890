#include "store/postgres/changes.hpp"

#include "relayna/json/document.hpp"

#include "store/postgres/connection.hpp"
#include "store/text.hpp"

namespace relayna::store::postgres {

void publish(pqxx::transaction_base& on, std::string_view kind, const std::string& id, const Actor& actor) {
  query(on,
        "WITH bumped AS (UPDATE catalog_revision SET revision = revision + 1 RETURNING revision) "
        "SELECT pg_notify('relayna_changes', json_build_object('revision', revision, 'kind', $1::text, "
        "'id', $2::text, 'actor', left($3::text, 200))::text) FROM bumped",
        Params(std::string(kind), id, made_storable(actor.name)));
}

std::optional<Change> parse_notice(std::string_view payload) {
  const auto notice = json::parse(payload);
  if (!notice || !notice->is_object()) return std::nullopt;
  const auto revision = notice->find("revision");
  const auto kind = notice->find("kind");
  const auto id = notice->find("id");
  if (revision == notice->end() || !revision->is_number_integer() || kind == notice->end() ||
      !kind->is_string() || id == notice->end() || !id->is_string())
    return std::nullopt;
  return Change{revision->get<std::int64_t>(), kind->get<std::string>(), id->get<std::string>()};
}

}  // namespace relayna::store::postgres
