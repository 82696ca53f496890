#pragma once

#include <string>

namespace relayna::control {

/// A base path as it stands before another path: `/gw` of `/gw/`, nothing of `/`.
inline std::string prefix_of(std::string base_path) {
  while (base_path.ends_with('/')) base_path.pop_back();
  return base_path;
}

}  // namespace relayna::control
