#include "control/usage/names.hpp"

namespace relayna::control {

namespace {
constexpr std::size_t kMostRemembered = 10'000;
}  // namespace

template <class R>
core::Result<std::string> Names::look_up(const std::string& id) {
  if (id.empty()) return std::string();
  if (const auto found = known_.find(id); found != known_.end()) return found->second;
  auto row = administration_.of<R>().get(id);
  if (!row) return std::unexpected(std::move(row.error()));
  if (known_.size() >= kMostRemembered) known_.clear();
  return known_.emplace(id, *row ? (*row)->name : std::string()).first->second;
}

core::Result<std::string> Names::of(store::UsageDimension dimension, const std::string& id) {
  switch (dimension) {
    case store::UsageDimension::key:
      return look_up<domain::VirtualKey>(id);
    case store::UsageDimension::project:
      return look_up<domain::Project>(id);
    case store::UsageDimension::team:
      return look_up<domain::Team>(id);
    default:
      return std::string();
  }
}

}  // namespace relayna::control
