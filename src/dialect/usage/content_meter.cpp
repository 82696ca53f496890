#include "dialect/usage/content_meter.hpp"

#include <algorithm>
#include <optional>

namespace relayna::dialect {

namespace {

constexpr std::int64_t kBytesPerToken = 3;
constexpr std::int64_t kMostBytesPerToken = 8;

std::size_t skip_space(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  return at;
}

/// Where the string begins that follows a member's name ending before `at`: behind its opening quote.
std::optional<std::size_t> string_after(std::string_view text, std::size_t at) noexcept {
  at = skip_space(text, at);
  if (at >= text.size() || text[at] != ':') return std::nullopt;
  at = skip_space(text, at + 1);
  if (at >= text.size() || text[at] != '"') return std::nullopt;
  return at + 1;
}

/// Bytes of the UTF-8 text that the JSON string beginning at `at` stands for, about: an escaped character
/// beyond ASCII counts as three. What is cut off counts as far as it goes.
std::int64_t text_bytes(std::string_view text, std::size_t at) noexcept {
  std::int64_t bytes = 0;
  while (at < text.size() && text[at] != '"') {
    const bool escaped = text[at] == '\\';
    const bool wide = escaped && at + 1 < text.size() && text[at + 1] == 'u';
    bytes += wide ? 3 : 1;
    at += wide ? 6 : escaped ? 2 : 1;
  }
  return bytes;
}

}  // namespace

// Quotes inside a JSON string are escaped, so a quoted name with a colon behind it is a member's name
// wherever it stands.
bool ContentMeter::add(std::string_view frame, std::initializer_list<std::string_view> members) noexcept {
  const auto length_at = [frame](const Place& place) -> std::int64_t {
    const std::size_t end = place.at + 1 + place.name.size();
    if (place.name.empty() || end >= frame.size()) return 0;
    // Two bytes tell nearly all names apart.
    if (frame[end] != '"' || frame[place.at + 1] != place.name.front()) return 0;
    if (frame[place.at] != '"' || frame.substr(place.at + 1, place.name.size()) != place.name) return 0;
    const auto begin = string_after(frame, end + 1);
    return begin ? text_bytes(frame, *begin) : 0;
  };
  std::int64_t longest = length_at(last_);
  if (longest == 0) {
    for (std::size_t at = frame.find('"'); at != frame.npos; at = frame.find('"', at + 1)) {
      for (const std::string_view name : members) {
        const std::int64_t length = length_at({at, name});
        if (length > longest) {
          longest = length;
          last_ = {at, name};
        }
      }
    }
  }
  if (longest == 0) return false;
  ++frames_;
  bytes_ += longest;
  return true;
}

std::int64_t ContentMeter::tokens() const noexcept {
  return std::max(frames_, (bytes_ + kBytesPerToken - 1) / kBytesPerToken);
}

std::int64_t ContentMeter::least_tokens() const noexcept {
  return bytes_ / kMostBytesPerToken;
}

}  // namespace relayna::dialect
