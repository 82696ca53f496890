#include "relayna/catalog/snapshot.hpp"

namespace relayna::catalog {

namespace {

template <class T>
const T* by_name(const std::vector<T>& items, std::string_view name) noexcept {
  for (const auto& item : items) {
    if (item.name == name) return &item;
  }
  return nullptr;
}

}  // namespace

const domain::Provider* Snapshot::provider(std::string_view name) const noexcept {
  return by_name(providers, name);
}

const domain::Model* Snapshot::model(std::string_view name) const noexcept {
  return by_name(models, name);
}

domain::RouteSettings Snapshot::route(domain::Route r) const {
  if (const auto it = routes.find(r); it != routes.end()) return it->second;
  domain::RouteSettings defaults;
  defaults.route = r;
  return defaults;
}

const domain::Provider* Snapshot::litellm() const noexcept {
  const domain::Provider* best = nullptr;
  for (const auto& p : providers) {
    if (p.kind != domain::ProviderKind::litellm) continue;
    const bool stored = p.managed_by != "env";
    const bool best_stored = best != nullptr && best->managed_by != "env";
    if (best == nullptr || (stored && !best_stored) ||
        (stored == best_stored && p.created_at > best->created_at))
      best = &p;
  }
  return best;
}

}  // namespace relayna::catalog
