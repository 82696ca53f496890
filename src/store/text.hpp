#pragma once

#include <string>
#include <string_view>

namespace relayna::store {

/// Whether both databases keep `text` as it is: well-formed UTF-8 without NUL.
bool storable(std::string_view text) noexcept;

/// `text` with every byte that is not well-formed UTF-8, and every NUL, replaced by U+FFFD. For what callers
/// send (end user, tags, paths): one odd byte must not keep a batch of usage events from being stored.
std::string made_storable(std::string_view text);

}  // namespace relayna::store
