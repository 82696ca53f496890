#include <algorithm>

#include <fmt/format.h>

#include "declare/applier.hpp"

namespace relayna::declare {
namespace {

/// What a price is found by.
bool same_identity(const domain::Price& a, const domain::Price& b) {
  return a.provider == b.provider && a.model == b.model && a.effective_from == b.effective_from;
}

std::string label(const domain::Price& price) {
  std::string out = fmt::format("price {}/{}", price.provider, price.model);
  if (price.effective_from) out += fmt::format(" from {}", core::to_rfc3339(*price.effective_from));
  return out;
}

}  // namespace

Applier::Done Applier::apply_prices() {
  for (const domain::Price& declared : file_.prices) {
    const auto stored = std::ranges::find_if(
        rows_.prices, [&](const domain::PriceOverride& row) { return same_identity(row.price, declared); });
    const bool known = stored != rows_.prices.end();
    if (known && stored->price == declared && stored->enabled && stored->managed_by == kManagedByFile) {
      note(Change::unchanged, label(declared));
      continue;
    }
    const domain::PriceOverride row{.id = known ? stored->id : new_id(),
                                    .price = declared,
                                    .managed_by = std::string(kManagedByFile),
                                    .created_at = known ? stored->created_at : now_,
                                    .updated_at = now_};
    if (auto done = named(store_.catalog().upsert_price(row, actor_), label(declared)); !done) return done;
    note(known ? Change::updated : Change::created, label(declared));
  }
  return {};
}

Applier::Done Applier::retire_prices() {
  for (domain::PriceOverride row : rows_.prices) {
    if (row.managed_by != kManagedByFile || !row.enabled) continue;
    const bool declared = std::ranges::any_of(
        file_.prices, [&](const domain::Price& price) { return same_identity(price, row.price); });
    if (declared) continue;
    row.enabled = false;
    row.updated_at = now_;
    if (auto done = named(store_.catalog().upsert_price(row, actor_), label(row.price)); !done) return done;
    note(Change::disabled, label(row.price));
  }
  return {};
}

}  // namespace relayna::declare
