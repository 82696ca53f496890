#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "relayna/json/document.hpp"

namespace relayna::dialect {

inline json::Document parsed(std::string_view text) {
  auto document = json::parse(text);
  EXPECT_TRUE(document.has_value()) << text;
  return document ? *document : json::Document();
}

/// Compares a value with the picture of one: an object has exactly the members of its picture; an array's
/// picture holds one element, which pictures every element; a string names the types that are right,
/// separated by `|` (string, integer, number, boolean, null, object, array, any), or, after `=`, the value
/// itself as JSON.
inline void match(const json::Document& value, const json::Document& picture, const std::string& path,
                  std::string& faults) {
  if (picture.is_object()) {
    if (!value.is_object()) {
      faults += path + ": not an object\n";
      return;
    }
    for (const auto& [name, inner] : picture.items()) {
      if (value.contains(name)) {
        match(value.at(name), inner, path + "." + name, faults);
      } else {
        faults += path + "." + name + ": missing\n";
      }
    }
    for (const auto& [name, inner] : value.items()) {
      if (!picture.contains(name)) faults += path + "." + name + ": not documented\n";
    }
    return;
  }
  if (picture.is_array()) {
    if (!value.is_array()) {
      faults += path + ": not an array\n";
      return;
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (picture.empty()) {
        faults += path + ": not empty\n";
        return;
      }
      match(value[i], picture[0], path + "[" + std::to_string(i) + "]", faults);
    }
    return;
  }
  std::string words = picture.get<std::string>();
  if (words.starts_with('=')) {
    if (value != parsed(words.substr(1)))
      faults += path + ": " + value.dump() + " is not " + words.substr(1) + "\n";
    return;
  }
  const auto is = [&value](std::string_view type) {
    return type == "any" || (type == "string" && value.is_string()) ||
           (type == "integer" && value.is_number_integer()) || (type == "number" && value.is_number()) ||
           (type == "boolean" && value.is_boolean()) || (type == "null" && value.is_null()) ||
           (type == "object" && value.is_object()) || (type == "array" && value.is_array());
  };
  std::string rest = words;
  while (true) {
    const std::size_t bar = rest.find('|');
    if (is(rest.substr(0, bar))) return;
    if (bar == std::string::npos) break;
    rest.erase(0, bar + 1);
  }
  faults += path + ": " + value.dump() + " is not " + words + "\n";
}

/// Empty when `value` is as pictured, else one line per difference.
inline std::string differences(const json::Document& value, std::string_view picture) {
  std::string faults;
  match(value, parsed(picture), "$", faults);
  return faults;
}

}  // namespace relayna::dialect
