#include "control/api/codec.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"
#include "relayna/core/ids.hpp"
#include "relayna/net/connector.hpp"

namespace relayna::control {

using json::Document;

std::string_view type_name(const Document& value) noexcept {
  switch (value.type()) {
    case Document::value_t::null:
      return "null";
    case Document::value_t::boolean:
      return "a boolean";
    case Document::value_t::string:
      return "a string";
    case Document::value_t::array:
      return "an array";
    case Document::value_t::object:
      return "an object";
    default:
      return "a number";
  }
}

namespace {

/// The text of a string, or a problem.
const std::string* string_of(const Document& given, const std::string& path, Problems& problems) {
  if (given.is_string()) return &given.get_ref<const std::string&>();
  problems.add(path, fmt::format("must be a string, not {}", type_name(given)));
  return nullptr;
}

std::optional<std::string> length_problem(std::string_view text, std::size_t min, std::size_t max) {
  if (text.size() > max) return fmt::format("must have at most {} bytes, not {}", max, text.size());
  if (text.find('\0') != text.npos) return "must not contain NUL";
  if (core::trim(text).size() < min) {
    return min == 1 ? "must not be blank" : fmt::format("must have at least {} characters", min);
  }
  return std::nullopt;
}

void read_text(const Document& given, std::string& value, const std::string& path, Problems& problems,
               std::size_t min, std::size_t max) {
  const auto* text = string_of(given, path, problems);
  if (text == nullptr) return;
  if (auto problem = length_problem(*text, min, max)) return problems.add(path, std::move(*problem));
  value = core::trim(*text);
}

void read_number(const Document& given, std::int64_t& value, const std::string& path, Problems& problems,
                 std::int64_t min, std::int64_t max) {
  const bool too_large =
      given.is_number_unsigned() &&
      given.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!given.is_number_integer()) {
    problems.add(path, fmt::format("must be a whole number, not {}",
                                   given.is_number() ? "a fraction" : type_name(given)));
  } else if (too_large || given.get<std::int64_t>() < min || given.get<std::int64_t>() > max) {
    problems.add(path, max == std::numeric_limits<std::int64_t>::max()
                           ? fmt::format("must be at least {}", min)
                           : fmt::format("must be {} to {}", min, max));
  } else {
    value = given.get<std::int64_t>();
  }
}

Document number_schema(std::int64_t min, std::int64_t max) {
  Document schema{{"type", "integer"}, {"format", "int64"}, {"minimum", min}};
  if (max != std::numeric_limits<std::int64_t>::max()) schema["maximum"] = max;
  return schema;
}

Document or_null(Document schema) {
  schema["type"] = Document::array({schema["type"], "null"});
  return schema;
}

void read_moment(const Document& given, core::SystemTime& value, const std::string& path,
                 Problems& problems) {
  const auto* text = string_of(given, path, problems);
  if (text == nullptr) return;
  if (const auto time = core::parse_rfc3339(*text)) {
    value = *time;
  } else {
    problems.add(path, "must be a moment in RFC 3339, for example 2027-01-01T00:00:00Z");
  }
}

Document moment_schema() {
  return {{"type", "string"}, {"format", "date-time"}};
}

}  // namespace

Codec<std::string> text(std::size_t min, std::size_t max) {
  Codec<std::string> codec;
  codec.schema = {{"type", "string"}, {"minLength", min}, {"maxLength", max}};
  codec.show = [](const std::string& value) { return Document(value); };
  codec.read = [min, max](const Document& given, std::string& value, const std::string& path,
                          Problems& problems) { read_text(given, value, path, problems, min, max); };
  return codec;
}

namespace {

/// null stands for the empty text.
Codec<std::string> or_nothing(Codec<std::string> codec) {
  codec.schema = or_null(std::move(codec.schema));
  codec.show = [](const std::string& value) { return value.empty() ? Document() : Document(value); };
  codec.nullable = true;
  return codec;
}

}  // namespace

Codec<std::string> optional_text(std::size_t max) {
  return or_nothing(text(1, max));
}

Codec<std::string> uuid() {
  Codec<std::string> codec;
  codec.schema = {{"type", "string"}, {"format", "uuid"}};
  codec.show = [](const std::string& value) { return Document(value); };
  codec.read = [](const Document& given, std::string& value, const std::string& path, Problems& problems) {
    const auto* text = string_of(given, path, problems);
    if (text == nullptr) return;
    if (const auto id = core::Uuid::parse(*text)) {
      value = id->str();
    } else {
      problems.add(path, "must be a UUID");
    }
  };
  return codec;
}

Codec<std::string> optional_uuid() {
  auto codec = uuid();
  codec.schema = or_null(std::move(codec.schema));
  codec.show = [](const std::string& value) { return value.empty() ? Document() : Document(value); };
  codec.nullable = true;
  return codec;
}

Codec<std::string> url() {
  Codec<std::string> codec;
  codec.schema = {{"type", "string"}, {"format", "uri"}, {"maxLength", 2048}};
  codec.show = [](const std::string& value) { return Document(value); };
  codec.read = [](const Document& given, std::string& value, const std::string& path, Problems& problems) {
    const auto* text = string_of(given, path, problems);
    if (text == nullptr) return;
    if (auto parsed = net::BaseUrl::parse(*text)) {
      value = *text;
    } else {
      problems.add(path, std::string(parsed.error().public_message()));
    }
  };
  return codec;
}

Codec<std::string> optional_url() {
  return or_nothing(url());
}

Codec<bool> flag() {
  Codec<bool> codec;
  codec.schema = {{"type", "boolean"}};
  codec.show = [](const bool& value) { return Document(value); };
  codec.read = [](const Document& given, bool& value, const std::string& path, Problems& problems) {
    if (given.is_boolean()) {
      value = given.get<bool>();
    } else {
      problems.add(path, fmt::format("must be true or false, not {}", type_name(given)));
    }
  };
  return codec;
}

Codec<std::int64_t> number(std::int64_t min, std::int64_t max) {
  Codec<std::int64_t> codec;
  codec.schema = number_schema(min, max);
  codec.show = [](const std::int64_t& value) { return Document(value); };
  codec.read = [min, max](const Document& given, std::int64_t& value, const std::string& path,
                          Problems& problems) { read_number(given, value, path, problems, min, max); };
  return codec;
}

Codec<std::optional<std::int64_t>> optional_number(std::int64_t min, std::int64_t max) {
  Codec<std::optional<std::int64_t>> codec;
  codec.schema = or_null(number_schema(min, max));
  codec.nullable = true;
  codec.show = [](const std::optional<std::int64_t>& value) { return value ? Document(*value) : Document(); };
  codec.read = [min, max](const Document& given, std::optional<std::int64_t>& value, const std::string& path,
                          Problems& problems) {
    std::int64_t read = value.value_or(min);
    read_number(given, read, path, problems, min, max);
    value = read;
  };
  return codec;
}

Codec<core::SystemTime> moment() {
  Codec<core::SystemTime> codec;
  codec.schema = moment_schema();
  codec.show = [](const core::SystemTime& value) { return Document(core::to_rfc3339(value)); };
  codec.read = read_moment;
  return codec;
}

Codec<std::optional<core::SystemTime>> optional_moment() {
  Codec<std::optional<core::SystemTime>> codec;
  codec.schema = or_null(moment_schema());
  codec.nullable = true;
  codec.show = [](const std::optional<core::SystemTime>& value) {
    return value ? Document(core::to_rfc3339(*value)) : Document();
  };
  codec.read = [](const Document& given, std::optional<core::SystemTime>& value, const std::string& path,
                  Problems& problems) {
    core::SystemTime read{};
    read_moment(given, read, path, problems);
    value = read;
  };
  return codec;
}

Codec<std::vector<std::string>> texts(std::function<std::optional<std::string>(std::string_view)> allowed) {
  static constexpr std::size_t kMostEntries = 1'000;
  static constexpr std::size_t kMostBytes = 256;
  Codec<std::vector<std::string>> codec;
  codec.schema = {{"type", "array"},
                  {"items", {{"type", "string"}, {"minLength", 1}, {"maxLength", kMostBytes}}},
                  {"maxItems", kMostEntries},
                  {"uniqueItems", true}};
  codec.nullable = true;
  codec.show = [](const std::vector<std::string>& value) {
    Document shown = Document::array();
    for (const auto& entry : value) shown.push_back(entry);
    return shown;
  };
  codec.read = [allowed](const Document& given, std::vector<std::string>& value, const std::string& path,
                         Problems& problems) {
    if (!given.is_array())
      return problems.add(path, fmt::format("must be an array, not {}", type_name(given)));
    if (given.size() > kMostEntries)
      return problems.add(path, fmt::format("must have at most {} entries", kMostEntries));
    std::vector<std::string> read;
    for (std::size_t i = 0; i < given.size(); ++i) {
      const auto where = fmt::format("{}[{}]", path, i);
      std::string entry;
      const auto before = problems.all().size();
      read_text(given[i], entry, where, problems, 1, kMostBytes);
      if (problems.all().size() != before) continue;
      if (auto problem = allowed ? allowed(entry) : std::nullopt) {
        problems.add(where, std::move(*problem));
      } else if (std::ranges::find(read, entry) != read.end()) {
        problems.add(where, fmt::format("repeats `{}`", entry));
      } else {
        read.push_back(std::move(entry));
      }
    }
    value = std::move(read);
  };
  return codec;
}

}  // namespace relayna::control
