#include "store/sqlite/changes.hpp"
#include "store/sqlite/repositories.hpp"
#include "store/sqlite/select.hpp"

namespace relayna::store::sqlite {

namespace {

template <class R>
Statement select_all(Connection& connection) {
  std::string order = "ORDER BY ";
  order += kTable<R>.identity;
  return connection.statement(select_from<R>(order));
}

/// Reads all of `R` into `rows`; true, or the error in `problem`.
template <class R>
bool load_all(Connection& connection, std::vector<R>& rows, std::optional<core::Error>& problem) {
  auto loaded = read_all<R>(select_all<R>(connection));
  if (!loaded) {
    problem = std::move(loaded.error());
    return false;
  }
  rows = std::move(*loaded);
  return true;
}

}  // namespace

core::Result<CatalogRows> Catalog::load() {
  return database_.read([](Connection& connection) -> core::Result<CatalogRows> {
    const Transaction snapshot(connection, "BEGIN");
    CatalogRows rows;
    std::optional<core::Error> problem;
    rows.revision = read_revision(connection);
    rows.providers = read_known<ProviderRow>(select_all<ProviderRow>(connection));
    rows.credentials = read_known<ProviderCredentialRow>(select_all<ProviderCredentialRow>(connection));
    rows.mappings = read_known<CredentialMappingRow>(select_all<CredentialMappingRow>(connection));
    rows.routes = read_known<domain::RouteSettings>(select_all<domain::RouteSettings>(connection));
    // A layer, project, team or limit left out would allow what it forbids, a price let requests go unpaid.
    if (!load_all(connection, rows.models, problem) || !load_all(connection, rows.layers, problem) ||
        !load_all(connection, rows.projects, problem) || !load_all(connection, rows.teams, problem) ||
        !load_all(connection, rows.limits, problem) || !load_all(connection, rows.prices, problem) ||
        !load_all(connection, rows.settings, problem))
      return std::unexpected(std::move(*problem));
    return rows;
  });
}

core::Result<std::int64_t> Catalog::revision() {
  return database_.read(
      [](Connection& connection) -> core::Result<std::int64_t> { return read_revision(connection); });
}

template <class R>
core::Result<void> Catalog::upsert(const R& given, const Actor& actor) {
  const auto row = acceptable(given);
  if (!row) return std::unexpected(row.error());
  static const std::string kUpsert = sql::upsert(sql::kSqlite, kTable<R>, columns_of<R>());
  auto done = database_.write(kTable<R>.reference, [&](Connection& connection) -> core::Result<void> {
    std::string id;
    {
      Statement upsert = connection.statement(kUpsert);
      RowBinder binder(upsert, RowBinder::Form::plain);
      fields(*row, binder);
      if (!upsert.step()) return {};  // it was so already: nobody needs to hear of it
      id = upsert.bytes(0);
      upsert.run();
    }
    publish(connection, kTable<R>.name, id, actor);
    return {};
  });
  if (done) database_.bell()->ring();
  return done;
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

}  // namespace relayna::store::sqlite
