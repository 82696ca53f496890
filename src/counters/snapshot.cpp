#include "counters/snapshot.hpp"

#include <charconv>

namespace relayna::counters {

namespace {

/// Takes the number at the start of `text` and the character after it.
bool take(std::string_view& text, std::uint64_t& number) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.empty()) text.remove_prefix(1);
  return true;
}

}  // namespace

bool visible(std::uint64_t stamp, std::string_view snapshot) noexcept {
  std::uint64_t least = 0;
  std::uint64_t end = 0;
  if (!take(snapshot, least) || !take(snapshot, end)) return false;
  if (stamp < least) return true;
  if (stamp >= end) return false;
  for (std::uint64_t in_progress = 0; take(snapshot, in_progress);) {
    if (in_progress == stamp) return false;
  }
  return true;
}

}  // namespace relayna::counters
