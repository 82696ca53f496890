#include "store/postgres/changes.hpp"
#include "store/postgres/repositories.hpp"
#include "store/postgres/select.hpp"
#include "store/sql.hpp"

namespace relayna::store::postgres {

namespace {

template <class R>
pqxx::result select_all(pqxx::transaction_base& read) {
  std::string order = "ORDER BY ";
  order += kTable<R>.identity;
  return query(read, select_from<R>(order));
}

/// Reads all of `R` into `rows`; true, or the error in `problem`.
template <class R>
bool load_all(pqxx::transaction_base& read, std::vector<R>& rows, std::optional<core::Error>& problem) {
  auto loaded = read_all<R>(select_all<R>(read));
  if (!loaded) {
    problem = std::move(loaded.error());
    return false;
  }
  rows = std::move(*loaded);
  return true;
}

std::int64_t read_revision(pqxx::transaction_base& read) {
  return query(read, "SELECT revision FROM catalog_revision").at(0).at(0).as<std::int64_t>();
}

}  // namespace

core::Result<CatalogRows> Catalog::load() {
  return pool_.run(Repeat::always, [](Connection& connection) -> core::Result<CatalogRows> {
    pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> read(connection.session());
    CatalogRows rows;
    std::optional<core::Error> problem;
    rows.revision = read_revision(read);
    rows.providers = read_known<ProviderRow>(select_all<ProviderRow>(read));
    rows.credentials = read_known<ProviderCredentialRow>(select_all<ProviderCredentialRow>(read));
    rows.mappings = read_known<CredentialMappingRow>(select_all<CredentialMappingRow>(read));
    rows.routes = read_known<domain::RouteSettings>(select_all<domain::RouteSettings>(read));
    // A layer, project, team or limit left out would allow what it forbids, a price let requests go unpaid.
    if (!load_all(read, rows.models, problem) || !load_all(read, rows.layers, problem) ||
        !load_all(read, rows.projects, problem) || !load_all(read, rows.teams, problem) ||
        !load_all(read, rows.limits, problem) || !load_all(read, rows.prices, problem) ||
        !load_all(read, rows.settings, problem))
      return std::unexpected(std::move(*problem));
    return rows;
  });
}

core::Result<std::int64_t> Catalog::revision() {
  return pool_.run(Repeat::always, [](Connection& connection) -> core::Result<std::int64_t> {
    pqxx::nontransaction read(connection.session());
    return read_revision(read);
  });
}

template <class R>
core::Result<void> Catalog::upsert(const R& given, const Actor& actor) {
  const auto row = acceptable(given);
  if (!row) return std::unexpected(row.error());
  static const std::string kUpsert = sql::upsert(sql::kPostgres, kTable<R>, columns_of<R>());
  return pool_.run(Repeat::until_commit, [&](Connection& connection) -> core::Result<void> {
    Mutation write(connection);
    const pqxx::result changed = query(write.on(), kUpsert, Params::row(*row));
    if (changed.empty()) return {};  // it was so already: nobody needs to hear of it
    publish(write.on(), kTable<R>.name, changed[0][0].as<std::string>(), actor);
    write.commit();
    return {};
  });
}

core::Result<void> Catalog::upsert_provider(const ProviderRow& row, const Actor& actor) {
  return upsert(row, actor);
}
core::Result<void> Catalog::upsert_mapping(const CredentialMappingRow& row, const Actor& actor) {
  return upsert(row, actor);
}
core::Result<void> Catalog::upsert_model(const domain::Model& model, const Actor& actor) {
  return upsert(model, actor);
}
core::Result<void> Catalog::upsert_project(const domain::Project& project, const Actor& actor) {
  return upsert(project, actor);
}
core::Result<void> Catalog::upsert_team(const domain::Team& team, const Actor& actor) {
  return upsert(team, actor);
}
core::Result<void> Catalog::upsert_layer(const domain::PolicyLayer& layer, const Actor& actor) {
  return upsert(layer, actor);
}
core::Result<void> Catalog::upsert_limit(const domain::Limit& limit, const Actor& actor) {
  return upsert(limit, actor);
}
core::Result<void> Catalog::upsert_price(const domain::PriceOverride& price, const Actor& actor) {
  return upsert(price, actor);
}
core::Result<void> Catalog::put_route_settings(const domain::RouteSettings& settings, const Actor& actor) {
  return upsert(settings, actor);
}

}  // namespace relayna::store::postgres
