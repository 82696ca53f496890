#include "control/simulator/unsaved_changes.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/api/operation.hpp"
#include "control/api/parts.hpp"
#include "control/resources/shapes.hpp"

namespace relayna::control {

using json::Document;
using store::CatalogRows;

namespace {

constexpr const char* kRemove = "remove";

/// Rows that may be changed: where they are, and the fields that tell one from another.
template <class R>
struct Changeable {
  const char* name;
  const Shape<R>& shape;
  std::vector<R> CatalogRows::* rows;
  std::vector<const char*> identity;
  bool removable = true;
};

template <class Visit>
void for_each_kind(Visit visit) {
  visit(Changeable<domain::PolicyLayer>{
      "policy_layers", layer_shape(), &CatalogRows::layers, {"kind", "scope_id"}});
  visit(Changeable<domain::RouteSettings>{"routes", route_shape(), &CatalogRows::routes, {"id"}, false});
  visit(Changeable<domain::Model>{"models", model_shape(), &CatalogRows::models, {"name"}});
  visit(Changeable<domain::Limit>{"limits", limit_shape(), &CatalogRows::limits, {"name"}});
}

Document member(const Document& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? Document() : *found;
}

/// The fields that name the row: `id` where it is given.
template <class R>
std::vector<const char*> identity_of(const Changeable<R>& kind, const Document& entry) {
  return entry.contains("id") ? std::vector{"id"} : kind.identity;
}

template <class R>
auto find_row(const Changeable<R>& kind, std::vector<R>& rows, const Document& entry) {
  const auto identity = identity_of(kind, entry);
  return std::ranges::find_if(rows, [&](const R& row) {
    const auto shown = kind.shape.show(row, {});
    return std::ranges::all_of(
        identity, [&](const char* field) { return member(shown, field) == member(entry, field); });
  });
}

/// Routes exist before they are stored.
void add_unstored(const Changeable<domain::RouteSettings>& kind, const Document& entry, CatalogRows& rows) {
  const auto id = member(entry, "id");
  const auto route = id.is_string() ? domain::parse_route_id(id.get<std::string>()) : std::nullopt;
  if (!route || find_row(kind, rows.routes, entry) != rows.routes.end()) return;
  rows.routes.emplace_back().route = *route;
}
template <class R>
void add_unstored(const Changeable<R>&, const Document&, CatalogRows&) {}

template <class R>
void change(const Changeable<R>& kind, Document entry, CatalogRows& rows, Problems& problems) {
  if (!entry.is_object()) return problems.add("", "must be an object, not " + std::string(type_name(entry)));
  const auto remove = member(entry, kRemove);
  if (!remove.is_null() && (!kind.removable || !remove.is_boolean()))
    return problems.add(kRemove, kind.removable ? "must be true or false" : "does not go with routes");
  entry.erase(kRemove);
  add_unstored(kind, entry, rows);
  auto& known = rows.*kind.rows;
  const auto row = find_row(kind, known, entry);
  if (row == known.end()) {
    if (remove == true || entry.contains("id") || !kind.removable)
      return problems.add(identity_of(kind, entry).front(), fmt::format("names none of the {}", kind.name));
    R added{};
    if constexpr (requires { added.id; }) added.id = Call::new_id();
    kind.shape.create(entry, added, problems);
    known.push_back(std::move(added));
  } else if (remove == true) {
    known.erase(row);
  } else {
    for (const char* field : identity_of(kind, entry)) entry.erase(field);
    kind.shape.patch(entry, *row, problems);
  }
}

template <class R>
void change_all(const Changeable<R>& kind, const Document& entries, CatalogRows& rows, Problems& problems) {
  const auto path = fmt::format("changes.{}", kind.name);
  if (entries.is_null()) return;
  if (!entries.is_array())
    return problems.add(path, "must be an array, not " + std::string(type_name(entries)));
  if (entries.size() > kMostChanges)
    return problems.add(path, fmt::format("must have at most {} entries", kMostChanges));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    Problems within;
    change(kind, entries[i], rows, within);
    add_below(fmt::format("{}[{}]", path, i), within, problems);
  }
}

}  // namespace

void apply_changes(const Document& changes, CatalogRows& rows, Problems& problems) {
  if (!changes.is_object()) return;
  std::vector<std::string> names;
  for_each_kind([&](const auto& kind) {
    names.emplace_back(kind.name);
    change_all(kind, member(changes, kind.name), rows, problems);
  });
  for (const auto& [name, entries] : changes.items()) {
    if (std::ranges::find(names, name) == names.end())
      problems.add("changes." + name, fmt::format("is unknown; there are: {}", fmt::join(names, ", ")));
  }
}

Document unsaved_changes_schema() {
  Document properties = Document::object();
  for_each_kind([&](const auto& kind) {
    auto entry = create_schema(kind.shape.fields());
    entry.erase("required");
    entry["properties"]["id"] = {{"type", "string"}};
    if (kind.removable) entry["properties"][kRemove] = {{"type", "boolean"}};
    auto entries = array_of(std::move(entry));
    entries["maxItems"] = kMostChanges;
    properties[kind.name] = std::move(entries);
  });
  return nullable(
      Document{{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}});
}

}  // namespace relayna::control
