#include <algorithm>

#include "relayna/catalog/build.hpp"
#include "relayna/domain/price_catalog.hpp"
#include "relayna/domain/price_fields.hpp"

#include "control/api/add_resource.hpp"
#include "control/api/parts.hpp"
#include "control/resources/common_fields.hpp"
#include "control/resources/money_part.hpp"
#include "control/resources/provider_references.hpp"
#include "control/resources/references.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

namespace {

using domain::LongContext;
using domain::Price;
using domain::PriceOverride;

constexpr std::size_t kMostModel = 256;

/// `rates` finds the rates of a row.
template <class R, class Find>
void add_rates(Shape<R>& shape, Find rates) {
  for (const auto& field : domain::kRateFields) {
    shape.field(
        std::string(field.name) + "_usd_per_million",
        [rates, member = field.member](auto& row) -> auto& { return rates(row).*member; }, optional_dollars(),
        Field::settable, "");
  }
}

const Shape<LongContext>& long_context_shape() {
  static const auto shape = [] {
    Shape<LongContext> context("LongContext", "The rates of requests with much input.");
    context.field("above_input_tokens", &LongContext::above_input_tokens, number(1), Field::required, "");
    add_rates(context, [](auto& row) -> auto& { return row.rates; });
    return context;
  }();
  return shape;
}

/// The fields of a price; `price` finds it in a row.
template <class R, class Find>
void add_price(Shape<R>& shape, Find price) {
  const auto part = [price](auto member) {
    return [price, member](auto& row) -> auto& { return price(row).*member; };
  };
  shape
      .field("provider", part(&Price::provider), text(1, kMostName), Field::required,
             "The name of a provider.")
      .listed("provider", true);
  shape
      .field("model", part(&Price::model), text(1, kMostModel), Field::required,
             "Exact, or a prefix with a trailing `*`.")
      .listed("model", true);
  shape
      .field("effective_from", part(&Price::effective_from), optional_moment(), Field::settable,
             "null: always.")
      .listed("effective_from", true);
  add_rates(shape, [price](auto& row) -> auto& { return price(row).rates; });
  shape.field("request_usd", part(&Price::per_request), optional_dollars(), Field::settable,
              "US dollars for each request, on top of its tokens.");
  shape.field("long_context", part(&Price::long_context), object_of(long_context_shape()), Field::settable,
              "null: the same rates whatever the input.");
}

std::vector<std::string> amount_names() {
  std::vector<std::string> names{"request_usd", "long_context"};
  for (const auto& field : domain::kRateFields) names.push_back(std::string(field.name) + "_usd_per_million");
  return names;
}

/// The rules are the domain's, in one place: those of reading a price. `price` as a whole is told of one
/// amount.
void check_price(const Price& price, Problems& problems) {
  const auto read = domain::price_from_json(domain::to_json(price));
  if (read) return;
  Problems told;
  told.add_lines("", read.error().public_message());
  for (const auto& problem : told.all()) {
    if (problem.path == "price") {
      problems.add(amount_names().front(), "is required, or a rate per million tokens: the price has none");
    } else {
      problems.add(problem.path, problem.message);
    }
  }
}
void check_names(const PriceOverride& row, Problems& problems) {
  Price named;
  named.provider = row.price.provider;
  named.model = row.price.model;
  named.per_request = core::Money();
  check_price(named, problems);
}
void check_amounts(const PriceOverride& row, Problems& problems) {
  Price price = row.price;
  price.provider = price.model = "any";
  check_price(price, problems);
}

const Shape<PriceOverride>& override_shape() {
  static const auto shape = [] {
    Shape<PriceOverride> row("Price", "A price that goes before the built-in list.");
    add_id(row);
    add_price(row, [](auto& of) -> auto& { return of.price; });
    row.field("enabled", &PriceOverride::enabled, flag(), Field::settable, "").listed("enabled");
    add_provenance(row);
    row.rule({"provider", "model"}, check_names);
    row.rule(amount_names(), check_amounts);
    return row;
  }();
  return shape;
}

const Shape<Price>& listed_shape() {
  static const auto shape = [] {
    Shape<Price> price("ListedPrice", "A price of the built-in list.");
    add_price(price, [](auto& of) -> auto& { return of; });
    return price;
  }();
  return shape;
}

/// One price for each model and moment.
Problem taken(const PriceOverride& row) {
  const auto of = row.price.provider + " has a price for " + row.price.model;
  if (row.price.effective_from)
    return {"effective_from", of + " from " + core::to_rfc3339(*row.price.effective_from) + " on already"};
  return {"model",
          of + " without `effective_from` already: change that one, or say from when on this one holds"};
}

core::Result<Problems> check_provider(const Resources& with, const Call& call) {
  Problems problems;
  const auto name = text_in(call.body, "provider");
  if (!name) return problems;
  const auto known = known_providers(with);
  if (!known) return std::unexpected(known.error());
  if (const auto problem = unknown_provider_problem(*known, *name)) problems.add("provider", *problem);
  return problems;
}

core::Result<Answer> show_catalog(Call& call) {
  const auto provider = call.query.take("provider");
  const auto part = call.query.take("q");
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  const auto catalog = domain::PriceCatalog::built_in();
  if (!catalog) return std::unexpected(catalog.error());
  Answer answer;
  auto data = json::Document::array();
  for (const auto& price : catalog->listed()) {
    if (provider && price.provider != *provider) continue;
    if (part && price.model.find(*part) == std::string::npos) continue;
    data.push_back(listed_shape().show(price, call.now));
  }
  answer.body = {{"updated", catalog->updated()}, {"data", std::move(data)}};
  return answer;
}

void add_catalog(Api& api) {
  Operation list;
  list.method = "GET";
  list.path = "/admin/prices/catalog";
  list.id = "prices.catalog";
  list.tag = "Prices";
  list.summary = "List the built-in prices";
  list.scope = "prices:read";
  list.query = {{"provider", {{"type", "string"}}, "Only the prices of this one."},
                {"q", {{"type", "string"}}, "Part of the model's name."}};
  list.response = object_schema({{"updated", {{"type", "string"}, {"format", "date"}}},
                                 {"data", array_of(reference(listed_shape().name()))}});
  list.run = Operation::Blocking(show_catalog);
  api.add_schema(listed_shape().name(), shown_schema(listed_shape().fields(), listed_shape().about()));
  api.add(std::move(list));
}

/// What a request for this price asks.
struct Wanted {
  std::string provider;
  std::string model;
  core::SystemTime at{};
};

core::Result<Wanted> read_wanted(Call& call) {
  Wanted wanted{.provider = call.query.take("provider").value_or(""),
                .model = call.query.take("model").value_or(""),
                .at = call.now};
  for (const auto& [name, given] :
       {std::pair("provider", &wanted.provider), std::pair("model", &wanted.model)}) {
    if (given->empty() && !call.problems.concern(name)) call.problems.add(name, "is required");
  }
  wanted.at = call.query.take_moment("at", call.problems).value_or(call.now);
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  return wanted;
}

core::Result<Answer> resolve(const Resources& with, Call& call) {
  const auto wanted = read_wanted(call);
  if (!wanted) return std::unexpected(wanted.error());
  const auto rows = with.store.catalog().load();
  if (!rows) return std::unexpected(rows.error());
  // Prices need no credentials, so none are opened.
  const auto built = catalog::build_snapshot(
      *rows, with.environment_providers,
      [](std::string_view, std::string_view) -> core::Result<core::Secret> { return core::Secret(); });
  const auto* provider = built.snapshot->provider(wanted->provider);
  if (provider == nullptr)
    return core::fail(core::ErrorCode::not_found, "There is no enabled provider with this name.");
  const auto* price =
      built.snapshot->prices.lookup({provider->name, provider->kind, wanted->model, wanted->at});
  const bool overridden =
      price != nullptr && std::ranges::any_of(rows->prices, [&](const PriceOverride& row) {
        return row.enabled && row.price == *price;
      });
  Answer answer;
  answer.body = {{"source", price == nullptr ? "unpriced" : (overridden ? "override" : "catalog")},
                 {"price", price == nullptr ? json::Document() : listed_shape().show(*price, call.now)}};
  return answer;
}

void add_resolve(Api& api, const Resources& with) {
  Operation get;
  get.method = "GET";
  get.path = "/admin/prices/resolve";
  get.id = "prices.resolve";
  get.tag = "Prices";
  get.summary = "Tell which price holds";
  get.scope = "prices:read";
  get.query = {
      {"provider", {{"type", "string"}}, "The name of an enabled provider."},
      {"model", {{"type", "string"}}, "What the provider is asked for."},
      {"at", {{"type", "string"}, {"format", "date-time"}}, "When the request is made; now unless given."}};
  get.response = object_schema(
      {{"source", {{"type", "string"}, {"enum", json::Document::array({"override", "catalog", "unpriced"})}}},
       {"price", nullable(reference(listed_shape().name()))}});
  get.errors = {core::ErrorCode::not_found};
  get.run = Operation::Blocking([&with](Call& call) { return resolve(with, call); });
  api.add(std::move(get));
}

}  // namespace

void add_prices(Api& api, const Resources& with) {
  Resource<PriceOverride> prices{.path = "prices",
                                 .tag = "Prices",
                                 .one = "price",
                                 .shape = &override_shape(),
                                 .read_scope = "prices:read",
                                 .write_scope = "prices:write",
                                 .search = "model"};
  prices.taken = taken;
  prices.check_body = [&with](const Call& call) { return check_provider(with, call); };
  add_resource(api, with.store.administration(), prices);
  add_catalog(api);
  add_resolve(api, with);
}

}  // namespace relayna::control
