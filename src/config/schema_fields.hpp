#pragma once

#include <array>

#include "relayna/config/schema.hpp"

// Fields as the tables of the schema write them, in short.
namespace relayna::config::schema {

constexpr Field enabled(std::string_view help) {
  return {
      .key = "enabled", .shape = Shape::boolean, .help = help, .example = "false", .default_text = "true"};
}
constexpr Field number(std::string_view key, std::string_view help, std::string_view example) {
  return {.key = key, .shape = Shape::integer, .help = help, .example = example};
}
constexpr Field list(std::string_view key, std::string_view help, std::string_view example) {
  return {.key = key, .shape = Shape::text_list, .help = help, .example = example};
}
constexpr Field dollars(std::string_view key, std::string_view help) {
  return {.key = key, .shape = Shape::dollars, .help = help, .example = "12.50"};
}

template <std::size_t A, std::size_t B>
constexpr std::array<Field, A + B> joined(const std::array<Field, A>& first,
                                          const std::array<Field, B>& then) {
  std::array<Field, A + B> fields{};
  std::size_t i = 0;
  for (const Field& field : first) fields[i++] = field;
  for (const Field& field : then) fields[i++] = field;
  return fields;
}
}  // namespace relayna::config::schema
