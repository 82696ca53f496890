#include "relayna/json/scan.hpp"

#include <simdjson.h>

#include "relayna/core/encoding.hpp"

#include "json/scanner.hpp"

namespace relayna::json {

namespace {

core::Result<std::vector<Member>> parts_of(std::string_view text, char bracket, const char* wrong_kind) {
  std::vector<Member> parts;
  if (const ScanError error = scan(text, kDeepest, &parts); !error.ok()) return error.failure();
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (text[first] != bracket) return ScanError{first, wrong_kind}.failure();
  return parts;
}

/// The offset of the first byte that is not part of a well-formed sequence, for a text known to hold one.
std::size_t first_bad_utf8(std::string_view text) {
  // A prefix is bad exactly when the fault lies within it, give or take a sequence it cuts in two.
  std::size_t good = 0;
  while (good < text.size()) {
    std::size_t length = 1;
    while (length <= 4 && good + length <= text.size() && !core::valid_utf8(text.substr(good, length)))
      ++length;
    if (length > 4 || good + length > text.size()) break;
    good += length;
  }
  return good;
}

}  // namespace

core::Result<std::vector<Member>> top_level(std::string_view text) {
  return parts_of(text, '{', "expected an object");
}

core::Result<std::vector<std::string_view>> elements(std::string_view text) {
  auto parts = parts_of(text, '[', "expected an array");
  if (!parts) return std::unexpected(std::move(parts.error()));
  std::vector<std::string_view> views;
  views.reserve(parts->size());
  for (const Member& part : *parts) {
    views.push_back(text.substr(part.value_begin, part.value_end - part.value_begin));
  }
  return views;
}

core::Result<void> validate(std::string_view text, std::size_t max_depth) {
  if (const ScanError error = scan(text, max_depth, nullptr); !error.ok()) return error.failure();
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return ScanError{first_bad_utf8(text), "not valid UTF-8"}.failure();
  }
  return {};
}

std::string quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_quoted(out, text);
  return out;
}

void append_quoted(std::string& out, std::string_view text) {
  core::append_json_string(out, text);
}

std::optional<std::string> unquote(std::string_view literal) {
  if (!literal.starts_with('"') || !scan(literal, 1, nullptr).ok()) return std::nullopt;
  return decode(literal.substr(1, literal.rfind('"') - 1));
}

}  // namespace relayna::json
