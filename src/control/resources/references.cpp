#include "control/resources/references.hpp"

#include "relayna/core/encoding.hpp"

namespace relayna::control {

std::optional<std::string> text_in(const json::Document& body, std::string_view field) {
  const auto given = body.find(field);
  if (given == body.end() || !given->is_string()) return std::nullopt;
  return std::string(core::trim(given->get_ref<const std::string&>()));
}

core::Result<Problems> check_scope_id(store::Administration& store, const json::Document& body,
                                      std::string_view kind_field, std::string_view id_field) {
  Problems problems;
  const auto kind = text_in(body, kind_field);
  auto checked = core::Result<void>{};
  if (kind == "key") checked = check_id<domain::VirtualKey>(store, body, id_field, "virtual key", problems);
  if (kind == "project") checked = check_id<domain::Project>(store, body, id_field, "project", problems);
  if (kind == "team") checked = check_id<domain::Team>(store, body, id_field, "team", problems);
  if (!checked) return std::unexpected(std::move(checked.error()));
  return problems;
}

}  // namespace relayna::control
