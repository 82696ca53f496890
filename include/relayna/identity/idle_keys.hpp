#pragma once

#include <string>
#include <vector>

#include "relayna/store/store.hpp"

namespace relayna::identity {

/// Disables keys that nobody used for as many days as their policy allows
/// (`unused_key_auto_disable_after_days`, the least of the key's own and the layers that hold for all its
/// requests), at most `at_most`, and returns their ids. Each is a unit with an audit row by `gateway`.
/// Requests with such a key are refused anyway: this makes it last and be seen. Keys that the configuration
/// file declares are left as declared. Blocks.
core::Result<std::vector<std::string>> disable_idle_keys(store::Store& store, core::SystemTime now,
                                                         std::size_t at_most);

}  // namespace relayna::identity
