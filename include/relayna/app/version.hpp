#pragma once

#include <string_view>

namespace relayna::app {

/// The version of this binary, from CMakeLists.txt.
std::string_view version() noexcept;

}  // namespace relayna::app
