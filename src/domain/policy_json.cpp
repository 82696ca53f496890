#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "relayna/domain/catalog_objects.hpp"
#include "relayna/domain/policy.hpp"
#include "relayna/domain/policy_fields.hpp"
#include "relayna/json/document.hpp"
#include "relayna/json/scan.hpp"

#include "domain/address_range.hpp"

namespace relayna::domain {
namespace {

constexpr std::size_t kMaxEntries = 1'000;
constexpr std::size_t kMaxEntryLength = 256;

// Routes that policies may name although a later version serves them: what is listed must keep its meaning.
constexpr std::array<std::string_view, 13> kFurtherRoutes{
    "/v1/messages/batches",
    "/v1/messages/batches/*",
    "/v1/messages/batches/*/results",
    "/v1/messages/batches/*/cancel",
    "/v1/responses/*",
    "/v1/images/*",
    "/v1/audio/*",
    "/summary",
    "/translation",
    "/ocr",
    "/embeddings",
    "/services/*",
    "/v1/guardrails",
};

class Problems {
 public:
  void add(std::string_view path, std::string_view message) {
    if (!text_.empty()) text_ += '\n';
    text_.append(path).append(": ").append(message);
  }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

bool is_name_char(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
         c == '.';
}
bool is_name(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, is_name_char);
}

std::string star_problem(std::string_view text) {
  const std::size_t star = text.find('*');
  if (star == text.npos || star + 1 == text.size()) return {};
  return "`*` may only stand at the end";
}

bool names_some_route(std::string_view pattern) {
  const auto covers = [&](std::string_view label) { return pattern_matches(pattern, label); };
  for (std::size_t i = 0; i < static_cast<std::size_t>(Route::unknown); ++i) {
    if (covers(route_label(static_cast<Route>(i)))) return true;
  }
  return std::ranges::any_of(kFurtherRoutes, covers);
}

// `/providers/openai/*`: one provider's raw calls.
bool is_provider_route(std::string_view pattern) {
  constexpr std::string_view kPrefix = "/providers/";
  constexpr std::string_view kSuffix = "/*";
  if (!pattern.starts_with(kPrefix) || !pattern.ends_with(kSuffix)) return false;
  if (pattern.size() < kPrefix.size() + kSuffix.size()) return false;
  pattern.remove_prefix(kPrefix.size());
  pattern.remove_suffix(kSuffix.size());
  return is_name(pattern);
}

std::string entry_problem(ListKind kind, std::string_view entry) {
  switch (kind) {
    case ListKind::routes:
      if (names_some_route(entry) || is_provider_route(entry)) return {};
      return "not a known route";
    case ListKind::models:
      return star_problem(entry);
    case ListKind::providers:
    case ListKind::services:
      if (is_name(entry)) return {};
      return "may only have letters, digits, `-`, `_` and `.`";
    case ListKind::addresses:
      if (AddressRange::parse(entry)) return {};
      return "not an address or CIDR such as 10.0.0.0/8";
  }
  return {};
}

// Any entry: a text without surrounding or control characters.
std::string text_problem(std::string_view entry) {
  if (entry.empty()) return "must not be empty";
  if (entry.size() > kMaxEntryLength) return "is longer than 256 bytes";
  const bool odd =
      std::ranges::any_of(entry, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
  return odd ? "must not contain spaces or control characters" : "";
}

std::string indexed(std::string_view field, std::size_t i) {
  return std::string(field) + "[" + std::to_string(i) + "]";
}

// A field name nobody declared may hold anything; problems are one line each.
std::string printable(std::string_view key) {
  if (is_name(key) && key.size() <= 64) return std::string(key);
  return json::quote(key.substr(0, 64));
}

// Whole numbers only, read from the text: 64 bits do not fit a double.
std::optional<std::int64_t> whole_number(std::string_view raw) {
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (ec != std::errc{} || end != raw.data() + raw.size()) return std::nullopt;
  return value;
}

void read_number(const NumberField& field, std::string_view raw, Policy& policy, Problems& problems) {
  const auto value = whole_number(raw);
  if (!value) return problems.add(field.name, "must be a whole number");
  if (*value < field.min) {
    return problems.add(field.name, "must be at least " + std::to_string(field.min));
  }
  if (*value > field.max) {
    return problems.add(field.name, "must be at most " + std::to_string(field.max));
  }
  policy.*field.member = value;
}

void read_money(const MoneyField& field, std::string_view raw, Policy& policy, Problems& problems) {
  if (raw.size() >= 2 && raw.front() == '"') raw = raw.substr(1, raw.size() - 2);
  const auto value = core::Money::parse(raw);
  if (!value) {
    return problems.add(field.name, "must be US dollars as a decimal such as 12.50, with at most 9 decimals");
  }
  if (*value < core::Money{}) return problems.add(field.name, "must not be negative");
  policy.*field.member = value;
}

// BoolField or PermissionField.
void read_bool(const auto& field, std::string_view raw, Policy& policy, Problems& problems) {
  if (raw != "true" && raw != "false") return problems.add(field.name, "must be true or false");
  policy.*field.member = raw == "true";
}

void read_list(const ListField& field, std::string_view raw, Policy& policy, Problems& problems) {
  const auto parsed = json::parse(raw);
  if (!parsed || !parsed->is_array()) return problems.add(field.name, "must be a list of strings");
  if (parsed->size() > kMaxEntries) return problems.add(field.name, "has more than 1000 entries");
  std::vector<std::string> list;
  for (std::size_t i = 0; i < parsed->size(); ++i) {
    const json::Document& item = (*parsed)[i];
    if (!item.is_string()) {
      problems.add(indexed(field.name, i), "must be a string");
      continue;
    }
    const auto& entry = item.get_ref<const std::string&>();
    std::string problem = text_problem(entry);
    if (problem.empty()) problem = entry_problem(field.kind, entry);
    if (!problem.empty()) problems.add(indexed(field.name, i), problem);
    list.push_back(entry);
  }
  policy.*field.member = std::move(list);
}

void read_hours(std::string_view raw, Policy& policy, Problems& problems) {
  const auto parsed = json::parse(raw);
  if (!parsed || !parsed->is_array()) return problems.add(kHoursField, "must be a list of hours, 0 to 23");
  if (parsed->size() > kMaxEntries) return problems.add(kHoursField, "has more than 1000 entries");
  std::vector<int> hours;
  for (std::size_t i = 0; i < parsed->size(); ++i) {
    const json::Document& item = (*parsed)[i];
    if (!item.is_number_integer() || item < 0 || item > 23) {
      problems.add(indexed(kHoursField, i), "must be a whole number from 0 to 23");
      continue;
    }
    hours.push_back(item.get<int>());
  }
  std::ranges::sort(hours);
  hours.erase(std::ranges::unique(hours).begin(), hours.end());
  policy.allowed_hours_utc = std::move(hours);
}

void read_version(std::string_view raw, Policy& policy, Problems& problems) {
  const auto value = whole_number(raw);
  if (!value || *value < 1) return problems.add(kVersionField, "must be a whole number from 1");
  policy.policy_version = *value;
}

template <class Table>
auto* find_field(const Table& table, std::string_view name) {
  const auto it = std::ranges::find(table, name, [](const auto& field) { return field.name; });
  return it == table.end() ? nullptr : &*it;
}

// False when no field has that name. A null leaves the field as it is in a neutral policy.
bool read_field(std::string_view name, std::string_view raw, Policy& policy, Problems& problems) {
  const bool null = raw == "null";
  if (const auto* field = find_field(kNumberFields, name)) {
    if (!null) read_number(*field, raw, policy, problems);
  } else if (const auto* money = find_field(kMoneyFields, name)) {
    if (!null) read_money(*money, raw, policy, problems);
  } else if (const auto* flag = find_field(kBoolFields, name)) {
    if (!null) read_bool(*flag, raw, policy, problems);
  } else if (const auto* permission = find_field(kPermissionFields, name)) {
    if (!null) read_bool(*permission, raw, policy, problems);
  } else if (const auto* list = find_field(kListFields, name)) {
    if (!null) read_list(*list, raw, policy, problems);
  } else if (name == kHoursField) {
    if (!null) read_hours(raw, policy, problems);
  } else if (name == kVersionField) {
    if (!null) read_version(raw, policy, problems);
  } else {
    return false;
  }
  return true;
}

class Writer {
 public:
  std::string& key(std::string_view name) {
    out_ += out_.size() == 1 ? "" : ",";
    json::append_quoted(out_, name);
    out_ += ':';
    return out_;
  }
  std::string finish() && {
    out_ += '}';
    return std::move(out_);
  }

 private:
  std::string out_ = "{";
};

void write_strings(std::string& out, const std::vector<std::string>& list) {
  out += '[';
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += ',';
    json::append_quoted(out, list[i]);
  }
  out += ']';
}

void write_hours(std::string& out, const std::vector<int>& hours) {
  out += '[';
  for (std::size_t i = 0; i < hours.size(); ++i) {
    if (i > 0) out += ',';
    out += std::to_string(hours[i]);
  }
  out += ']';
}

}  // namespace

std::string to_json(const Policy& policy) {
  Writer writer;
  for (const BoolField& field : kBoolFields)
    writer.key(field.name) += policy.*field.member ? "true" : "false";
  for (const PermissionField& field : kPermissionFields) {
    const auto& said = (policy.*field.member).said;
    writer.key(field.name) += !said ? "null" : *said ? "true" : "false";
  }
  for (const ListField& field : kListFields) write_strings(writer.key(field.name), policy.*field.member);
  write_hours(writer.key(kHoursField), policy.allowed_hours_utc);
  for (const NumberField& field : kNumberFields) {
    const auto& value = policy.*field.member;
    writer.key(field.name) += value ? std::to_string(*value) : "null";
  }
  for (const MoneyField& field : kMoneyFields) {
    const auto& value = policy.*field.member;
    writer.key(field.name) += value ? value->str() : "null";
  }
  writer.key(kVersionField) += std::to_string(policy.policy_version);
  return std::move(writer).finish();
}

core::Result<Policy> policy_from_json(std::string_view text) {
  if (auto valid = json::validate(text); !valid) return std::unexpected(valid.error());
  const std::string_view trimmed = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (!trimmed.starts_with('{')) {
    return core::fail(core::ErrorCode::invalid_request, "policy: must be an object");
  }
  const auto members = json::top_level(text);
  if (!members) return std::unexpected(members.error());
  constexpr std::size_t kMaxMembers = 200;  // far above the number of fields; bounds the answer's length
  if (members->size() > kMaxMembers) {
    return core::fail(core::ErrorCode::invalid_request, "policy: has more than 200 fields");
  }
  Policy policy;
  Problems problems;
  std::vector<std::string_view> seen;
  for (const json::Member& member : *members) {
    const std::string_view raw = text.substr(member.value_begin, member.value_end - member.value_begin);
    if (std::ranges::find(seen, std::string_view(member.key)) != seen.end()) {
      problems.add(printable(member.key), "is given twice");
    } else if (!read_field(member.key, raw, policy, problems)) {
      problems.add(printable(member.key), "is not a policy field");
    }
    seen.push_back(member.key);
  }
  if (!problems.empty()) return core::fail(core::ErrorCode::invalid_request, problems.take());
  return policy;
}

}  // namespace relayna::domain
