#include "relayna/domain/price_catalog.hpp"

#include <algorithm>

#include "domain/price_names.hpp"

namespace relayna::domain {
namespace {

// A price without a date has always been in force.
core::SystemTime begin_of(const Price& price) {
  return price.effective_from.value_or(core::SystemTime::min());
}

constexpr std::string_view kEcho = "echo";

}  // namespace

bool PriceCatalog::Book::add(Price price) {
  Group& group = groups_[price.provider];
  const bool prefix = price.model.ends_with('*');
  const std::string name = prefix ? price.model.substr(0, price.model.size() - 1) : price.model;
  std::vector<std::size_t>& indices = (prefix ? group.prefixes : group.exact)[name];
  const core::SystemTime begin = begin_of(price);
  const auto at = std::ranges::find_if(indices, [&](std::size_t i) { return begin_of(all_[i]) <= begin; });
  if (at != indices.end() && begin_of(all_[*at]) == begin) return false;
  indices.insert(at, all_.size());
  all_.push_back(std::move(price));
  return true;
}

bool PriceCatalog::Book::has(std::string_view group) const {
  return groups_.contains(std::string(group));
}

const Price* PriceCatalog::Book::begun(const std::vector<std::size_t>& indices, core::SystemTime at) const {
  const auto found = std::ranges::find_if(indices, [&](std::size_t i) { return begin_of(all_[i]) <= at; });
  return found == indices.end() ? nullptr : &all_[*found];
}

const Price* PriceCatalog::Book::exact(std::string_view group, std::string_view model,
                                       core::SystemTime at) const {
  const auto prices = groups_.find(std::string(group));
  if (prices == groups_.end()) return nullptr;
  const auto found = prices->second.exact.find(std::string(model));
  return found == prices->second.exact.end() ? nullptr : begun(found->second, at);
}

const Price* PriceCatalog::Book::prefix(std::string_view group, std::string_view model,
                                        core::SystemTime at) const {
  const auto prices = groups_.find(std::string(group));
  if (prices == groups_.end() || prices->second.prefixes.empty()) return nullptr;
  for (std::size_t length = model.size() + 1; length-- > 0;) {
    const auto found = prices->second.prefixes.find(std::string(model.substr(0, length)));
    if (found == prices->second.prefixes.end()) continue;
    if (const Price* price = begun(found->second, at)) return price;
  }
  return nullptr;
}

const Price* PriceCatalog::overridden(const PriceQuery& query, const std::vector<std::string>& names) const {
  if (!overrides_.has(query.provider)) return nullptr;
  for (const std::string& name : names) {
    if (const Price* price = overrides_.exact(query.provider, name, query.at)) return price;
  }
  return overrides_.prefix(query.provider, query.model, query.at);
}

// LiteLLM serves anybody's models under names of its operator's choice. One list that knows the name is an
// answer; two are a guess.
const Price* PriceCatalog::in_any_list(const std::vector<std::string>& names, core::SystemTime at) const {
  for (const std::string& name : names) {
    const Price* only = nullptr;
    for (const std::string& list : lists_) {
      if (list == kEcho) continue;  // nobody else's model of that name is free
      const Price* price = listed_.exact(list, name, at);
      if (price == nullptr) continue;
      if (only != nullptr) return nullptr;
      only = price;
    }
    if (only != nullptr) return only;
  }
  return nullptr;
}

const Price* PriceCatalog::lookup(const PriceQuery& query) const {
  const std::vector<std::string> names = price_names(query.model);
  if (const Price* price = overridden(query, names)) return price;

  const auto find = [&](std::string_view list, const std::vector<std::string>& spelt) -> const Price* {
    for (const std::string& name : spelt) {
      if (const Price* price = listed_.exact(list, name, query.at)) return price;
    }
    return listed_.prefix(list, spelt.front(), query.at);
  };
  // A provider whose name is a list's charges those prices, whatever it speaks.
  const bool named =
      query.kind != ProviderKind::echo && query.provider != kEcho && listed_.has(query.provider);
  const auto lists = named ? std::vector<std::string_view>{query.provider} : price_lists_of(query.kind);
  for (const std::string_view list : lists) {
    if (const Price* price = find(list, names)) return price;
  }
  if (query.kind == ProviderKind::internal_service || query.kind == ProviderKind::echo) return nullptr;
  if (const OwnedName owned = owned_name(query.model, query.kind); !owned.list.empty()) {
    return find(owned.list, price_names(owned.model));
  }
  return query.kind == ProviderKind::litellm && !named ? in_any_list(names, query.at) : nullptr;
}

}  // namespace relayna::domain
