#pragma once

#include <string_view>

namespace relayna::store {

/// Whether a text has the form of `Page::next`, of whatever list in whatever order. That it is of this one
/// the list itself finds out.
bool well_formed_cursor(std::string_view text);

}  // namespace relayna::store
