#include <algorithm>
#include <utility>

#include "relayna/domain/catalog_objects.hpp"
#include "relayna/domain/policy.hpp"
#include "relayna/domain/policy_fields.hpp"

#include "domain/address_range.hpp"

namespace relayna::domain {
namespace {

using List = std::vector<std::string>;
using Narrower = std::optional<std::string> (*)(const std::string&, const std::string&);

std::optional<std::string> same(const std::string& a, const std::string& b) {
  if (a == b) return a;
  return std::nullopt;
}

// What two patterns (exact, or a prefix with `*`) both match is one pattern or nothing.
std::optional<std::string> narrower_pattern(const std::string& a, const std::string& b) {
  if (a == b || pattern_matches(a, b)) return b;
  if (pattern_matches(b, a)) return a;
  return std::nullopt;
}

std::optional<std::string> narrower_range(const std::string& a, const std::string& b) {
  const auto x = AddressRange::parse(a);
  const auto y = AddressRange::parse(b);
  if (!x || !y) return same(a, b);
  if (x->covers(*y)) return y->covers(*x) ? a : b;
  if (y->covers(*x)) return a;
  return std::nullopt;
}

// In the order of the earlier list.
List intersect(const List& base, const List& next, Narrower narrower) {
  List out;
  for (const std::string& a : base) {
    for (const std::string& b : next) {
      auto both = narrower(a, b);
      if (both && std::ranges::find(out, *both) == out.end()) out.push_back(std::move(*both));
    }
  }
  return out;
}

// Empty means no opinion; an intersection that becomes empty denies.
void merge_list(List& into, const List& next, Narrower narrower, bool& deny) {
  if (next.empty() || into == next) return;
  if (into.empty()) {
    into = next;
    return;
  }
  into = intersect(into, next, narrower);
  if (into.empty()) deny = true;
}

// `gpt-4o` matches a bare name, `openai/*` usually a provider with a name: together they allow gpt-4o at
// openai, which no single pattern says (`openai/gpt-4o` would also match another provider's model of that
// name).
bool models_may_cross(const std::string& a, const std::string& b) {
  const auto behind_provider = [](const std::string& bare, const std::string& full) {
    const std::size_t slash = full.find('/');
    return slash != full.npos && narrower_pattern(bare, full.substr(slash + 1)).has_value();
  };
  if (narrower_pattern(a, b)) return false;
  return behind_provider(a, b) || behind_provider(b, a);
}

// A kind and a name may mean the same provider, which only the catalog knows.
bool providers_may_cross(const std::string& a, const std::string& b) {
  if (a == b) return false;
  const auto x = parse_provider_kind(a);
  const auto y = parse_provider_kind(b);
  return x.has_value() != y.has_value() || (x && x == y);
}

void add_conjunct(std::vector<List>& also, const List& list) {
  if (std::ranges::find(also, list) == also.end()) also.push_back(list);
}

/// How two lists of one field combine: entry by entry into one, or, where that has no spelling, side by side.
struct Combination {
  Narrower narrower;
  bool (*may_cross)(const std::string&, const std::string&);

  [[nodiscard]] bool crossing(const List& a, const List& b) const {
    return std::ranges::any_of(a, [&](const std::string& x) {
      return std::ranges::any_of(b, [&](const std::string& y) { return may_cross(x, y); });
    });
  }
  [[nodiscard]] bool disjoint(const List& a, const List& b) const {
    return !a.empty() && !b.empty() && !crossing(a, b) && intersect(a, b, narrower).empty();
  }
};
constexpr Combination kModels{narrower_pattern, models_may_cross};
constexpr Combination kProviders{same, providers_may_cross};

void merge_crossing(List& into, std::vector<List>& also, const List& next, const std::vector<List>& next_also,
                    const Combination& combination, bool& deny) {
  // A list kept beside `into` may exclude the next one too, whichever of them came first.
  for (const List& list : also) deny = deny || combination.disjoint(list, next);
  for (const List& list : next_also) deny = deny || combination.disjoint(list, into);
  if (!next.empty() && into != next) {
    if (combination.crossing(into, next)) {
      add_conjunct(also, next);
    } else {
      merge_list(into, next, combination.narrower, deny);
    }
  }
  for (const List& list : next_also) add_conjunct(also, list);
}

void merge_hours(std::vector<int>& into, std::vector<int> next, bool& deny) {
  const auto tidy = [](std::vector<int>& hours) {
    std::erase_if(hours, [](int h) { return h < 0 || h > 23; });
    std::ranges::sort(hours);
    hours.erase(std::ranges::unique(hours).begin(), hours.end());
  };
  if (next.empty()) return;
  tidy(next);
  if (into.empty()) {
    into = std::move(next);
    return;
  }
  tidy(into);
  std::vector<int> both;
  std::ranges::set_intersection(into, next, std::back_inserter(both));
  into = std::move(both);
  if (into.empty()) deny = true;
}

template <class T>
void take_minimum(std::optional<T>& into, const std::optional<T>& next) {
  if (next && (!into || *next < *into)) into = next;
}

void merge_permission(Permission& into, const Permission& next) {
  if (next.said) into.said = into.said.value_or(true) && *next.said;
}

}  // namespace

bool pattern_matches(std::string_view pattern, std::string_view text) noexcept {
  if (pattern.ends_with('*')) return text.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == text;
}

Policy merge(const Policy& base, const Policy& next) {
  Policy out = base;
  for (const BoolField& field : kBoolFields) {
    out.*field.member =
        field.restricts ? base.*field.member || next.*field.member : base.*field.member && next.*field.member;
  }
  for (const PermissionField& field : kPermissionFields)
    merge_permission(out.*field.member, next.*field.member);
  merge_list(out.allowed_routes, next.allowed_routes, narrower_pattern, out.deny);
  merge_list(out.allowed_services, next.allowed_services, same, out.deny);
  merge_list(out.allowed_source_addresses, next.allowed_source_addresses, narrower_range, out.deny);
  merge_crossing(out.allowed_models, out.also_allowed_models, next.allowed_models, next.also_allowed_models,
                 kModels, out.deny);
  merge_crossing(out.allowed_providers, out.also_allowed_providers, next.allowed_providers,
                 next.also_allowed_providers, kProviders, out.deny);
  merge_hours(out.allowed_hours_utc, next.allowed_hours_utc, out.deny);
  for (const NumberField& field : kNumberFields) take_minimum(out.*field.member, next.*field.member);
  for (const MoneyField& field : kMoneyFields) take_minimum(out.*field.member, next.*field.member);
  out.policy_version = std::max(base.policy_version, next.policy_version);
  return out;
}

}  // namespace relayna::domain
