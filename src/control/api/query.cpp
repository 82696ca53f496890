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

std::optional<std::string> Query::take(std::string_view name) {
  for (auto& parameter : parameters_) {
    if (parameter.name != name) continue;
    parameter.taken = true;
    if (parameter.value.empty()) return std::nullopt;
    return parameter.value;
  }
  return std::nullopt;
}

std::int64_t Query::take_number(std::string_view name, std::int64_t min, std::int64_t max,
                                std::int64_t otherwise, Problems& problems) {
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
                                              Problems& problems) {
  auto given = take(name);
  if (!given || std::ranges::find(among, *given) != among.end()) return given;
  problems.add(std::string(name), fmt::format("must be one of: {}", fmt::join(among, ", ")));
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> Query::given() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& parameter : parameters_) all.emplace_back(parameter.name, parameter.value);
  return all;
}

void Query::finish(Problems& problems) const {
  for (const auto& parameter : parameters_) {
    if (!parameter.taken)
      problems.add(parameter.name, "is no parameter of this request; see /admin/openapi.json");
  }
}

}  // namespace relayna::control
