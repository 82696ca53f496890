#pragma once

#include <fmt/format.h>

#include "control/api/schemas.hpp"

namespace relayna::control {

/// What is wrong with a part of a row, told below `path`.
inline void add_below(const std::string& path, const Problems& within, Problems& problems) {
  for (const auto& problem : within.all())
    problems.add(problem.path.empty() ? path : path + '.' + problem.path, problem.message);
}

/// An object of `shape` within a row, or null. A patch is merged into it.
template <class T>
Codec<std::optional<T>> object_of(const Shape<T>& shape) {
  Codec<std::optional<T>> codec;
  codec.nullable = true;
  codec.schema = nullable(create_schema(shape.fields()));
  codec.show = [&shape](const std::optional<T>& part) {
    return part ? shape.show(*part, {}) : json::Document();
  };
  codec.read = [&shape](const json::Document& given, std::optional<T>& part, const std::string& path,
                        Problems& problems) {
    Problems within;
    if (part) {
      shape.patch(given, *part, within);
    } else {
      shape.create(given, part.emplace(), within);
    }
    add_below(path, within, problems);
  };
  return codec;
}

/// A list of objects within a row, each of `shape`. A patch replaces the whole list.
template <class T>
Codec<std::vector<T>> list_of(const Shape<T>& shape, std::size_t most) {
  Codec<std::vector<T>> codec;
  codec.nullable = true;
  codec.schema = array_of(create_schema(shape.fields()));
  codec.schema["maxItems"] = most;
  codec.show = [&shape](const std::vector<T>& rows) {
    json::Document shown = json::Document::array();
    for (const auto& row : rows) shown.push_back(shape.show(row, {}));
    return shown;
  };
  codec.read = [&shape, most](const json::Document& given, std::vector<T>& rows, const std::string& path,
                              Problems& problems) {
    if (!given.is_array())
      return problems.add(path, fmt::format("must be an array, not {}", type_name(given)));
    if (given.size() > most) return problems.add(path, fmt::format("must have at most {} entries", most));
    std::vector<T> read(given.size());
    for (std::size_t i = 0; i < given.size(); ++i) {
      Problems within;
      shape.create(given[i], read[i], within);
      add_below(fmt::format("{}[{}]", path, i), within, problems);
    }
    rows = std::move(read);
  };
  return codec;
}

}  // namespace relayna::control
