#include "relayna/config/suggest.hpp"

#include <algorithm>
#include <vector>

#include "relayna/core/encoding.hpp"

namespace relayna::config {
namespace {

/// Optimal string alignment distance: edits and swaps of neighbours each count one.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        now[j] = std::min(now[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

bool credential_shaped(std::string_view name) {
  for (const std::string_view prefix : {"sk-", "rk_", "op_live", "pk-", "ghp_", "xox", "eyJ", "AKIA"}) {
    if (name.starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr std::size_t kLongest = 64;
  if (word.empty() || word.size() > kLongest) return {};
  const std::string lower = core::to_lower(word);
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t d = distance(lower, core::to_lower(candidate));
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

std::string printable_name(std::string_view name) {
  constexpr std::size_t kLongest = 48;
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/*:";
  const bool shown = !name.empty() && name.size() <= kLongest && !credential_shaped(name) &&
                     name.find_first_not_of(kAllowed) == std::string_view::npos;
  return shown ? std::string(name) : "…";
}

}  // namespace relayna::config
