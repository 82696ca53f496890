#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "store/tables.hpp"
#include "store/value.hpp"

namespace relayna::store {

/// What addresses a row of kind `R`, as its key column holds it; nullopt when `id` could address none.
template <class R>
std::optional<Value> address_of(const std::string& id) {
  if constexpr (std::same_as<R, domain::RouteSettings>) {
    const auto route = domain::parse_route_id(id);
    if (!route) return std::nullopt;
    return Value::of(std::string(domain::route_label(*route)));
  } else {
    const auto key = std::ranges::find(columns_of<R>(), kTable<R>.key, &Column::name);
    auto value = parse_value(*key, id);
    if (!value) return std::nullopt;
    return std::move(*value);
  }
}

}  // namespace relayna::store
