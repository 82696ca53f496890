#include "control/api/schemas.hpp"
#include "control/usage/dimensions.hpp"
#include "control/usage/names.hpp"
#include "control/usage/usage.hpp"
#include "control/usage/usage_filter.hpp"

namespace relayna::control {

namespace {

using json::Document;

constexpr PeriodRule kPeriod{.usual = std::chrono::hours(30 * 24)};

core::Result<Answer> values(store::Store& store, Call& call) {
  const Dimension* field = take_dimension(call, "field");
  if (field == nullptr && call.problems.empty())
    call.problems.add("field", "is required: what to list values of");
  const auto prefix = call.query.take("q").value_or("");
  const auto limit = call.query.take_number("limit", 1, 100, 50, call.problems);
  const auto filter = read_usage_filter(call, kPeriod);
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  const auto found =
      store.analytics().values(field->dimension, prefix, filter, static_cast<std::size_t>(limit));
  if (!found) return std::unexpected(found.error());

  Names names(store.administration());
  Document data = Document::array();
  for (const auto& value : *found) {
    const auto label = names.of(field->dimension, value);
    if (!label) return std::unexpected(label.error());
    data.push_back({{"value", value}, {"label", shown_name(*label)}});
  }
  Answer answer;
  answer.body = {{"field", std::string(field->name)}, {"data", std::move(data)}};
  return answer;
}

}  // namespace

void add_usage_filter_values(Api& api, const Resources& with) {
  auto made = usage_reading("/admin/usage/filters", "usage.filters", "Values that filters may take");
  made.about =
      "What occurs in a period, in order: for pickers. `label` is what a key, project or team is called.";
  made.query = {
      {"field", dimension_schema(), "Required: of what."},
      {"q", {{"type", "string"}}, "What they begin with, in any case; ids are not searched."},
      {"limit", {{"type", "integer"}, {"minimum", 1}, {"maximum", 100}, {"default", 50}}, "How many."}};
  for (auto& parameter : usage_filter_parameters(kPeriod)) made.query.push_back(std::move(parameter));
  const Document value =
      object_schema({{"value", {{"type", "string"}}}, {"label", {{"type", {"string", "null"}}}}});
  made.response = object_schema({{"field", dimension_schema()}, {"data", array_of(value)}});
  made.run = Operation::Blocking([&store = with.store](Call& call) { return values(store, call); });
  // The name it has beside the other reports' paths.
  Operation same = made;
  same.path = "/admin/usage/filter-values";
  same.id = "usage.filter-values";
  same.about = "The same as `/admin/usage/filters`.";
  api.add(std::move(made));
  api.add(std::move(same));
}

}  // namespace relayna::control
