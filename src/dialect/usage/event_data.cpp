#include "dialect/usage/event_data.hpp"

#include <algorithm>

#include "relayna/json/scan.hpp"

namespace relayna::dialect {

namespace {

// One per thread instead of one per stream: thousands of streams wait at a time, and none needs it while
// waiting.
json::Reader& scratch() {
  thread_local json::Reader reader;
  return reader;
}

json::Value parse(std::string_view text) {
  const auto value = scratch().parse(text);
  return value ? *value : json::Value();
}

}  // namespace

EventData::EventData(std::string_view json) : json_(json) {
  if (!is_long()) root_ = parse(json);
}

json::Value EventData::at(std::initializer_list<std::string_view> path) const {
  if (!is_long()) {
    json::Value value = root_;
    for (const std::string_view name : path) value = value[name];
    return value;
  }
  const std::string_view text = text_at(path);
  return text.empty() || text.size() > kShort ? json::Value() : parse(text);
}

std::string_view EventData::member(std::string_view json, std::initializer_list<std::string_view> path) {
  std::string_view text = json;
  for (const std::string_view name : path) {
    const auto members = json::top_level(text);
    if (!members) return {};
    const auto found = std::ranges::find(*members, name, &json::Member::key);
    if (found == members->end()) return {};
    text = text.substr(found->value_begin, found->value_end - found->value_begin);
  }
  return text;
}

}  // namespace relayna::dialect
