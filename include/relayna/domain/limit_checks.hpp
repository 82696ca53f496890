#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relayna/domain/limit_rules.hpp"

namespace relayna::domain {

/// Why a limit cannot be saved.
struct LimitProblem {
  std::string_view field;  ///< `target`, `model`, the name of a kind; empty: the limit as a whole
  std::string message;
};
/// Everything that is wrong with it, whoever declares it: the file and the admin API. That its target exists
/// is another matter.
std::vector<LimitProblem> limit_problems(const Limit& limit);

}  // namespace relayna::domain
