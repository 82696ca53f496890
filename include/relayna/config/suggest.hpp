#pragma once

#include <span>
#include <string>
#include <string_view>

namespace relayna::config {

/// The candidate a mistyped `word` most likely meant: at most a third of its letters differ (insertions,
/// deletions, replacements and swaps of neighbours). Empty when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

/// A name from a file or the environment as a message may show it. What does not look like a name (too long,
/// odd characters, the shape of a credential) is replaced by `…`: it may be a secret in the wrong place.
std::string printable_name(std::string_view name);

}  // namespace relayna::config
