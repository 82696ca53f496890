#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "relayna/json/document.hpp"
#include "relayna/store/administration.hpp"

#include "control/api/problems.hpp"

namespace relayna::control {

// What a body refers to by id. A reference that is gone by the time of the change is refused by the database.

/// The text of a member, without blanks around it; null when there is none: the shape says what is wrong.
std::optional<std::string> text_in(const json::Document& body, std::string_view field);

/// A problem of `field` when its id is the one of no row; `kind` is what there should be. Errors: the
/// store's.
template <class Row>
core::Result<void> check_id(store::Administration& store, const json::Document& body, std::string_view field,
                            std::string_view kind, Problems& problems) {
  const auto id = text_in(body, field);
  if (!id) return {};
  const auto found = store.of<Row>().get(*id);
  if (!found) return std::unexpected(found.error());
  if (!*found) problems.add(std::string(field), "is the id of no " + std::string(kind));
  return {};
}

/// The same where `kind_field` says whether it is a key, a project or a team. Of any other kind nothing is
/// looked for.
core::Result<Problems> check_scope_id(store::Administration& store, const json::Document& body,
                                      std::string_view kind_field, std::string_view id_field);

}  // namespace relayna::control
