#include "control/usage/event_cursor.hpp"

#include <charconv>

#include <fmt/format.h>

#include "relayna/core/ids.hpp"

namespace relayna::control {

namespace {

/// The part of `text` before the next dot, taken off its front.
std::string_view take_part(std::string_view& text) {
  const auto end = std::min(text.find('.'), text.size());
  const auto part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The year 10000: no database compares with what is later.
constexpr std::int64_t kLatest = 253'402'300'800'000'000;

}  // namespace

std::string to_text(const store::EventCursor& place, std::string_view order) {
  return fmt::format("{}.{}.{}.{}", order, place.created_at.time_since_epoch().count(), place.value,
                     place.request_id);
}

std::optional<store::EventCursor> event_cursor(std::string_view text, std::string_view order) {
  if (take_part(text) != order) return std::nullopt;
  const auto created_at = number(take_part(text));
  const auto value = number(take_part(text));
  const auto id = core::Uuid::parse(text);
  if (!created_at || !value || !id || *created_at < 0 || *created_at > kLatest) return std::nullopt;
  return store::EventCursor{.created_at = core::SystemTime(std::chrono::microseconds(*created_at)),
                            .request_id = id->str(),
                            .value = *value};
}

}  // namespace relayna::control
