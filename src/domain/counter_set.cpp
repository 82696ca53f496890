#include "relayna/domain/counter_set.hpp"

#include <algorithm>
#include <utility>

namespace relayna::domain {

CounterNames::CounterNames(std::vector<std::string> names)
    : names_(std::make_shared<const std::vector<std::string>>(std::move(names))) {}

CounterNames::CounterNames(std::initializer_list<std::string> names)
    : CounterNames(std::vector<std::string>(names)) {}

const std::vector<std::string>& CounterNames::all() const noexcept {
  static const std::vector<std::string> none;
  return names_ == nullptr ? none : *names_;
}

CounterSet::CounterSet(std::vector<LimitedScope> counters) {
  auto shared = std::make_shared<Shared>();
  shared->counters = std::move(counters);
  shared->names.reserve(shared->counters.size());
  for (const LimitedScope& counter : shared->counters) shared->names.push_back(counter.id());
  shared->by_end_user = std::ranges::any_of(shared->counters, &LimitedScope::needs_end_user);
  shared_ = std::move(shared);
}

CounterSet::CounterSet(std::initializer_list<LimitedScope> counters)
    : CounterSet(std::vector<LimitedScope>(counters)) {}

const std::vector<LimitedScope>& CounterSet::all() const noexcept {
  static const std::vector<LimitedScope> none;
  return shared_ == nullptr ? none : shared_->counters;
}

CounterNames CounterSet::names() const noexcept {
  if (shared_ == nullptr) return {};
  return CounterNames(std::shared_ptr<const std::vector<std::string>>(shared_, &shared_->names));
}

std::shared_ptr<const LimitedScope> CounterSet::share(std::size_t i) const noexcept {
  return {shared_, &shared_->counters[i]};
}

CounterSet CounterSet::for_end_user(std::string_view end_user) const {
  if (shared_ == nullptr || !shared_->by_end_user) return *this;
  return domain::for_end_user(shared_->counters, end_user);
}

}  // namespace relayna::domain
