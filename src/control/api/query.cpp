#include "control/api/query.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/ranges.h>

#include "relayna/core/encoding.hpp"

namespace relayna::control {

namespace {

std::optional<std::string> decoded(std::string_view text) {
  std::string blanks(text);
  std::ranges::replace(blanks, '+', ' ');
  auto plain = core::percent_decode(blanks);
  if (!plain || !core::valid_utf8(*plain) || plain->find('\0') != plain->npos) return std::nullopt;
  return plain;
}

/// A date as its midnight in UTC; and whoever writes `+02:00` into an URL means it, although `+` is a blank
/// there.
std::string in_full(std::string moment) {
  constexpr std::size_t kDate = std::string_view("2027-01-01").size();
  constexpr std::size_t kOffset = std::string_view("+02:00").size();
  if (moment.size() == kDate) return moment + "T00:00:00Z";
  if (moment.size() > kDate + kOffset && moment[moment.size() - kOffset] == ' ')
    moment[moment.size() - kOffset] = '+';
  return moment;
}

}  // namespace

Query Query::parse(std::string_view text, Problems& problems) {
  Query query;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto pair = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = decoded(pair.substr(0, equals));
    auto value = decoded(equals == pair.npos ? std::string_view() : pair.substr(equals + 1));
    if (!name || !value) {
      problems.add(std::string(pair.substr(0, std::min<std::size_t>(equals, 64))),
                   "is not percent-encoded UTF-8");
      continue;
    }
    if (std::ranges::any_of(query.parameters_, [&](const Parameter& p) { return p.name == *name; })) {
      problems.add(*name, "is given twice");
      continue;
    }
    query.parameters_.push_back({std::move(*name), std::move(*value)});
  }
  return query;
}

std::optional<std::string> Query::take(std::string_view name) const {
  const auto found = std::ranges::find(parameters_, name, &Parameter::name);
  if (found == parameters_.end() || found->value.empty()) return std::nullopt;
  return found->value;
}

std::int64_t Query::take_number(std::string_view name, std::int64_t min, std::int64_t max,
                                std::int64_t otherwise, Problems& problems) const {
  const auto text = take(name);
  if (!text) return otherwise;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error == std::errc() && end == text->data() + text->size() && value >= min && value <= max)
    return value;
  problems.add(std::string(name), fmt::format("must be a whole number from {} to {}", min, max));
  return otherwise;
}

std::optional<std::string> Query::take_choice(std::string_view name, std::span<const std::string_view> among,
                                              Problems& problems) const {
  auto given = take(name);
  if (!given || std::ranges::find(among, *given) != among.end()) return given;
  problems.add(std::string(name), fmt::format("must be one of: {}", fmt::join(among, ", ")));
  return std::nullopt;
}

std::optional<core::SystemTime> Query::take_moment(std::string_view name, Problems& problems) const {
  const auto given = take(name);
  if (!given) return std::nullopt;
  const auto moment = core::parse_rfc3339(in_full(*given));
  if (!moment) {
    problems.add(std::string(name),
                 "must be a moment in RFC 3339 or a date, for example 2027-01-01T00:00:00Z or 2027-01-01");
  }
  return moment;
}

std::vector<std::pair<std::string, std::string>> Query::given() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& parameter : parameters_) all.emplace_back(parameter.name, parameter.value);
  return all;
}

void Query::refuse(const Judge& problem, Problems& problems) {
  std::erase_if(parameters_, [&](const Parameter& parameter) {
    auto told = problem(parameter.name, parameter.value);
    if (told) problems.add(parameter.name, std::move(*told));
    return told.has_value();
  });
}

}  // namespace relayna::control
