#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "relayna/config/yaml.hpp"

// The declarative file's keys, each declared once: unknown keys, wrong types, bounds and
// docs/configuration.md all come from these tables. What the values mean together is `declare`'s business.
namespace relayna::config::schema {

enum class Shape : std::uint8_t {
  text,
  text_list,     ///< of scalars
  integer,       ///< within min and max
  integer_list,  ///< each within min and max
  boolean,
  duration,  ///< min and max in milliseconds
  dollars,   ///< decimal text
  time,      ///< RFC 3339
  base_url,
  secret,
  choice,
  object,
  objects,  ///< list of objects
  process,  ///< a section of process settings
  later,    ///< a section this version does not support
};

struct Field {
  std::string_view key;
  Shape shape = Shape::text;
  std::string_view help;
  std::string_view example;
  bool required = false;
  std::string_view default_text;                ///< empty: unset
  std::span<const std::string_view> choices{};  ///< of a choice
  std::span<const Field> fields{};              ///< of an object or a list of them
  std::string_view keyed_by;                    ///< objects may also be a mapping from this field to the rest
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

/// The sections of a file.
std::span<const Field> sections();
/// The fields of a policy, which keys and policy layers share.
std::span<const Field> policy_fields();
const Field* find(std::span<const Field> fields, std::string_view key) noexcept;

/// Reports unknown sections, sections of later versions that are not empty, and everything in the sections of
/// declared objects that does not have its shape. `root` is expanded there; a list written as a mapping
/// becomes a list.
void check(yaml::Node& root, const Environment& environment, yaml::Diagnostics& diagnostics);

}  // namespace relayna::config::schema
