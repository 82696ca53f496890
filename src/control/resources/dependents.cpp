#include "control/resources/dependents.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/api/subject.hpp"

namespace relayna::control {

namespace {

using Test = store::Filter::Test;

constexpr std::size_t kMostNamed = 10;

/// Adds a note for each row that meets the conditions.
template <class Row>
core::Result<void> add_gone(store::Unit& unit, const Call& call, const std::vector<store::Filter>& where,
                            const std::string& kind, const Shape<Row>& shape, std::vector<Note>& notes) {
  const auto rows = unit.of<Row>().find_all(where);
  if (!rows) return std::unexpected(rows.error());
  for (const auto& row : *rows)
    notes.push_back({kind + ".delete", kind, id_of(row), shape.show(row, call.now), json::Document()});
  return {};
}

}  // namespace

core::Result<void> refuse_while_used(const std::string& what, const std::vector<std::string>& uses) {
  if (uses.empty()) return {};
  const auto named = std::span(uses).first(std::min(uses.size(), kMostNamed));
  const auto more = uses.size() - named.size();
  return core::fail(core::ErrorCode::conflict,
                    fmt::format("{} while it is in use: {}{}.", what, fmt::join(named, ", "),
                                more > 0 ? fmt::format(" and {} more", more) : ""));
}

core::Result<std::vector<Note>> settings_gone_with(store::Unit& unit, const Call& call,
                                                   const std::string& kind, const std::string& id) {
  std::vector<Note> notes;
  auto done = add_gone(unit, call, {{"kind", Test::equals, kind}, {"scope_id", Test::equals, id}},
                       "policy-layers", layer_shape(), notes);
  if (!done) return std::unexpected(std::move(done.error()));
  done = add_gone(unit, call, {{"scope", Test::equals, kind}, {"target", Test::equals, id}}, "limits",
                  limit_shape(), notes);
  if (!done) return std::unexpected(std::move(done.error()));
  if (kind == "team") return notes;  // teams have no credential
  done = add_gone(unit, call, {{"scope", Test::equals, kind}, {"target_id", Test::equals, id}},
                  "litellm-credentials", mapping_shape(), notes);
  if (!done) return std::unexpected(std::move(done.error()));
  return notes;
}

core::Result<std::vector<Note>> credentials_gone_with(store::Unit& unit, const Call& call,
                                                      const std::string& provider_id) {
  std::vector<Note> notes;
  auto done = add_gone(unit, call, {{"provider_id", Test::equals, provider_id}}, "provider-credentials",
                       credential_shape(), notes);
  if (!done) return std::unexpected(std::move(done.error()));
  return notes;
}

}  // namespace relayna::control
