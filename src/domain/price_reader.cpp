#include "domain/price_reader.hpp"

#include <algorithm>
#include <charconv>

#include "relayna/domain/price_fields.hpp"
#include "relayna/json/scan.hpp"

namespace relayna::domain {
namespace {

constexpr std::size_t kMaxLength = 256;
constexpr std::string_view kMillion = "_usd_per_million";

bool is_name_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
         c == '.';
}

/// Reads one object of a price: the price itself, or its long-context part.
class Reading {
 public:
  Reading(RateSpelling spelling, std::string path, std::vector<std::string>& problems)
      : spelling_(spelling), path_(std::move(path)), problems_(problems) {}

  void add(std::string_view field, std::string_view message) {
    problems_.push_back(path_ + std::string(field) + ": " + std::string(message));
  }

  /// Hands every member that is not null to `read`, which answers whether it knows it.
  template <class Read>
  void each_member(std::string_view object, Read read) {
    const auto members = json::top_level(object);
    if (!members) return add("price", "must be an object");
    std::vector<std::string_view> seen;
    for (const json::Member& member : *members) {
      if (std::ranges::find(seen, member.key) != seen.end()) {
        add(printable(member.key), "is given twice");
      } else if (!read(std::string_view(member.key),
                       object.substr(member.value_begin, member.value_end - member.value_begin))) {
        add(printable(member.key), "is not a price field");
      }
      seen.push_back(member.key);
    }
  }

  bool read_rate(std::string_view name, std::string_view raw, Rates& rates) {
    std::string_view bare = name;
    if (spelling_ == RateSpelling::override) {
      if (!bare.ends_with(kMillion)) return false;
      bare.remove_suffix(kMillion.size());
    }
    const auto field = std::ranges::find(kRateFields, bare, &RateField::name);
    if (field == kRateFields.end()) return false;
    rates.*field->member = dollars(name, raw);
    return true;
  }

  std::optional<core::Money> dollars(std::string_view name, std::string_view raw) {
    if (raw == "null") return std::nullopt;
    if (raw.size() >= 2 && raw.front() == '"') raw = raw.substr(1, raw.size() - 2);
    const auto value = core::Money::parse(raw);
    if (!value) {
      add(name, "must be US dollars as a decimal such as 0.075, with at most 9 decimals");
    } else if (*value < core::Money{}) {
      add(name, "must not be negative");
    }
    return value;
  }

  std::string text(std::string_view name, std::string_view raw) {
    if (raw == "null") return {};
    auto value = json::unquote(raw);
    if (!value) {
      add(name, "must be a string");
      return {};
    }
    if (value->empty()) add(name, "must not be empty");
    if (value->size() > kMaxLength) add(name, "is longer than 256 bytes");
    if (std::ranges::any_of(*value,
                            [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; })) {
      add(name, "must not contain spaces or control characters");
    }
    return *std::move(value);
  }

 private:
  // A name nobody declared may hold anything; problems are one line each.
  static std::string printable(std::string_view key) {
    if (!key.empty() && key.size() <= 64 && std::ranges::all_of(key, is_name_char)) return std::string(key);
    return json::quote(key.substr(0, 64));
  }

  RateSpelling spelling_;
  std::string path_;
  std::vector<std::string>& problems_;
};

void read_model(std::string_view raw, Price& price, Reading& reading) {
  price.model = reading.text("model", raw);
  const std::size_t star = price.model.find('*');
  if (star != price.model.npos && star + 1 != price.model.size()) {
    reading.add("model", "`*` may only stand at the end");
  }
}

void read_provider(std::string_view raw, Price& price, Reading& reading) {
  price.provider = reading.text("provider", raw);
  if (!std::ranges::all_of(price.provider, is_name_char)) {
    reading.add("provider", "may only have letters, digits, `-`, `_` and `.`");
  }
}

void read_date(std::string_view raw, Price& price, Reading& reading) {
  constexpr std::size_t kDateLength = 10;  // 2026-11-20
  if (raw == "null") return;
  std::string text = json::unquote(raw).value_or("");
  if (text.size() == kDateLength) text += "T00:00:00Z";
  price.effective_from = core::parse_rfc3339(text);
  if (!price.effective_from) {
    reading.add("effective_from", "must be a date such as 2026-11-20 or a time such as 2026-11-20T09:00:00Z");
  }
}

void read_threshold(std::string_view raw, LongContext& to, Reading& reading) {
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (ec != std::errc{} || end != raw.data() + raw.size() || value < 1) {
    return reading.add("above_input_tokens", "must be a whole number from 1");
  }
  to.above_input_tokens = value;
}

bool has_rate(const Rates& rates) {
  return std::ranges::any_of(kRateFields, [&](const RateField& f) { return (rates.*f.member).has_value(); });
}

void read_long_context(std::string_view raw, RateSpelling spelling, std::string_view prefix, Price& price,
                       std::vector<std::string>& problems) {
  if (raw == "null") return;
  Reading reading(spelling, std::string(prefix) + "long_context.", problems);
  if (!raw.starts_with('{'))
    return Reading(spelling, std::string(prefix), problems).add("long_context", "must be an object");
  const std::size_t before = problems.size();
  LongContext& to = price.long_context.emplace();
  reading.each_member(raw, [&](std::string_view name, std::string_view value) {
    if (name == "above_input_tokens") return read_threshold(value, to, reading), true;
    return reading.read_rate(name, value, to.rates);
  });
  if (problems.size() != before) return;
  if (to.above_input_tokens == 0) reading.add("above_input_tokens", "is missing");
  if (!has_rate(to.rates))
    Reading(spelling, std::string(prefix), problems).add("long_context", "has no rate");
}

}  // namespace

Price read_price(std::string_view object, RateSpelling spelling, std::string_view prefix,
                 std::vector<std::string>& problems) {
  Price price;
  Reading reading(spelling, std::string(prefix), problems);
  const std::string_view per_request = spelling == RateSpelling::listed ? "request" : "request_usd";
  const std::size_t before = problems.size();
  reading.each_member(object, [&](std::string_view name, std::string_view value) {
    if (name == "model") return read_model(value, price, reading), true;
    if (name == "effective_from") return read_date(value, price, reading), true;
    if (name == "long_context") return read_long_context(value, spelling, prefix, price, problems), true;
    if (name == per_request) return price.per_request = reading.dollars(name, value), true;
    if (name == "provider" && spelling == RateSpelling::override)
      return read_provider(value, price, reading), true;
    return reading.read_rate(name, value, price.rates);
  });
  if (problems.size() != before) return price;  // what is missing may be what was wrong
  if (price.provider.empty() && spelling == RateSpelling::override) reading.add("provider", "is missing");
  if (price.model.empty()) reading.add("model", "is missing");
  if (!has_rate(price.rates) && !price.per_request) reading.add("price", "has no rate");
  return price;
}

std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(text.empty() ? "" : "\n").append(line);
  return text;
}

}  // namespace relayna::domain
