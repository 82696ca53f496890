#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "relayna/store/analytics.hpp"
#include "relayna/store/store.hpp"

namespace relayna::control {

/// What keys, projects and teams are called. Remembers what it has looked up. Blocks; one thread at a time.
class Names {
 public:
  explicit Names(store::Administration& administration) : administration_(administration) {}
  /// Empty: it is none of these, has no id, or is gone.
  core::Result<std::string> of(store::UsageDimension dimension, const std::string& id);

 private:
  template <class R>
  core::Result<std::string> look_up(const std::string& id);
  store::Administration& administration_;
  std::unordered_map<std::string, std::string> known_;
};

}  // namespace relayna::control
