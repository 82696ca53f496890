#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/core/time.hpp"
#include "relayna/json/document.hpp"

#include "control/api/problems.hpp"

namespace relayna::control {

/// How values of a type are written in JSON, read from it and described by JSON Schema (2020-12).
template <class T>
struct Codec {
  json::Document schema;
  std::function<json::Document(const T&)> show;
  /// Merges `given` into `value`. Null has been dealt with. Problems are told below `path`.
  std::function<void(const json::Document& given, T& value, const std::string& path, Problems& problems)>
      read;
  bool nullable = false;  ///< null sets `unset`
  T unset{};
};

/// Length in bytes of UTF-8; texts of blanks only are refused when `min` > 0.
Codec<std::string> text(std::size_t min, std::size_t max);
/// The same, where empty is shown as null and null clears.
Codec<std::string> optional_text(std::size_t max);
/// The id of something else; empty is null.
Codec<std::string> optional_uuid();
Codec<std::string> uuid();
/// An absolute http or https URL without credentials, query or fragment; its path is kept.
Codec<std::string> url();
Codec<std::string> optional_url();  ///< null: empty
Codec<bool> flag();
Codec<std::int64_t> number(std::int64_t min, std::int64_t max = std::numeric_limits<std::int64_t>::max());
Codec<std::optional<std::int64_t>> optional_number(
    std::int64_t min, std::int64_t max = std::numeric_limits<std::int64_t>::max());
Codec<core::SystemTime> moment();
/// RFC 3339; null is never.
Codec<std::optional<core::SystemTime>> optional_moment();
/// A list without repetitions whose entries `allowed` accepts (null: any text of 1..256 bytes). `allowed`
/// returns what is wrong, or nullopt.
Codec<std::vector<std::string>> texts(
    std::function<std::optional<std::string>(std::string_view)> allowed = {});

/// A value that must be one of `names`, for types read and written by functions of their own.
template <class E>
Codec<E> choice(std::vector<std::pair<E, std::string_view>> names);

/// A part with a JSON form of its own: `to_json` writes all of it, `from_json` reads any subset over defaults
/// and reports `path: message` lines. A patch is merged into what is there; `keep_exact` (may be null)
/// replaces what a JSON number would round in it by strings `from_json` takes as well.
template <class T>
Codec<T> document(json::Document schema, std::function<std::string(const T&)> to_json,
                  std::function<core::Result<T>(std::string_view)> from_json,
                  std::function<void(const T&, json::Document&)> keep_exact = {});

/// The name of a JSON value's type, as messages use it.
std::string_view type_name(const json::Document& value) noexcept;

template <class E>
Codec<E> choice(std::vector<std::pair<E, std::string_view>> names) {
  Codec<E> codec;
  json::Document values = json::Document::array();
  std::string listed;
  for (const auto& [value, name] : names) {
    values.push_back(std::string(name));
    listed.append(listed.empty() ? "" : ", ").append(name);
  }
  codec.schema = {{"type", "string"}, {"enum", values}};
  codec.show = [names](const E& value) -> json::Document {
    for (const auto& [known, name] : names) {
      if (known == value) return std::string(name);
    }
    return nullptr;
  };
  codec.read = [names, listed](const json::Document& given, E& value, const std::string& path,
                               Problems& problems) {
    for (const auto& [known, name] : names) {
      if (given.is_string() && given.template get_ref<const std::string&>() == name) {
        value = known;
        return;
      }
    }
    problems.add(path, "must be one of: " + listed);
  };
  return codec;
}

template <class T>
Codec<T> document(json::Document schema, std::function<std::string(const T&)> to_json,
                  std::function<core::Result<T>(std::string_view)> from_json,
                  std::function<void(const T&, json::Document&)> keep_exact) {
  Codec<T> codec;
  codec.schema = std::move(schema);
  codec.nullable = true;
  codec.show = [to_json](const T& value) {
    auto shown = json::parse(to_json(value));
    return shown ? std::move(*shown) : json::Document();
  };
  codec.read = [to_json, from_json, keep_exact](const json::Document& given, T& value,
                                                const std::string& path, Problems& problems) {
    if (!given.is_object()) {
      problems.add(path, "must be an object, not " + std::string(type_name(given)));
      return;
    }
    auto merged = json::parse(to_json(value));
    if (!merged) return problems.add(path, "cannot be read");
    if (keep_exact) keep_exact(value, *merged);
    merged->merge_patch(given);
    auto read = from_json(json::dump(*merged));
    if (read) {
      value = std::move(*read);
    } else {
      problems.add_lines(path, read.error().public_message());
    }
  };
  return codec;
}

}  // namespace relayna::control
