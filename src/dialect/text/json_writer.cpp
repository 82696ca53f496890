#include "dialect/text/json_writer.hpp"

#include <charconv>
#include <cmath>

#include "relayna/json/scan.hpp"

namespace relayna::dialect {

void JsonWriter::separate() {
  if (comma_) out_.push_back(',');
  comma_ = true;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_.push_back(bracket);
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_.push_back(bracket);
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  json::append_quoted(out_, name);
  out_.push_back(':');
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  json::append_quoted(out_, text);
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_.append(json);
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  return raw({digits, static_cast<std::size_t>(end - digits)});
}

JsonWriter& JsonWriter::real(double number) {
  if (!std::isfinite(number)) return raw("null");
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  return raw({digits, static_cast<std::size_t>(end - digits)});
}

JsonWriter& JsonWriter::value(json::Value what) {
  switch (what.type()) {
    case json::Type::null:
      return raw("null");
    case json::Type::boolean:
      return value(what.boolean().value_or(false));
    case json::Type::number:
      if (const auto whole = what.integer()) return integer(*whole);
      return real(what.number().value_or(0));
    case json::Type::string:
      return value(what.string().value_or(""));
    case json::Type::array:
      begin_array();
      for (const json::Value element : what.elements()) value(element);
      return end_array();
    case json::Type::object:
      begin_object();
      for (const json::Field member : what.members()) key(member.key).value(member.value);
      return end_object();
  }
  return *this;
}

}  // namespace relayna::dialect
