#include "relayna/domain/limit_checks.hpp"

namespace relayna::domain {

namespace {

/// What the durable balances keep of an end user's name.
constexpr std::size_t kLongestEndUser = 256;

void check_target(const Limit& limit, std::vector<LimitProblem>& problems) {
  if (limit.scope == LimitScope::global && !limit.target.empty())
    problems.push_back({"target", "does not go with the scope global"});
  if (limit.scope == LimitScope::end_user && limit.target.size() > kLongestEndUser)
    problems.push_back({"target", "is longer than 256 bytes"});
}

}  // namespace

std::vector<LimitProblem> limit_problems(const Limit& limit) {
  std::vector<LimitProblem> problems;
  check_target(limit, problems);
  const auto star = limit.model.find('*');
  if (star != std::string::npos && star + 1 != limit.model.size())
    problems.push_back({"model", "`*` may only stand at the end"});
  for (std::size_t i = 0; i < kLimitKinds; ++i) {
    const auto kind = static_cast<LimitKind>(i);
    if (limit.soft && limit.limits.has(kind) && !is_money(kind)) {
      problems.push_back(
          {to_string(kind), "does not go with soft: only a budget can warn before it is used up"});
    }
  }
  if (limit.limits.empty()) problems.push_back({"", "limits nothing; give it at least one number"});
  return problems;
}

}  // namespace relayna::domain
