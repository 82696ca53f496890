#include <algorithm>
#include <array>

#include "relayna/domain/policy_fields.hpp"
#include "relayna/domain/policy_trace.hpp"

#include "domain/layer_scope.hpp"

namespace relayna::domain {
namespace {

using Sources = std::vector<PolicySource>;

template <class Says>
Sources those(const Sources& sources, Says says) {
  Sources found;
  std::ranges::copy_if(sources, std::back_inserter(found),
                       [&](const PolicySource& source) { return says(*source.policy); });
  return found;
}

Policy merged(const Sources& sources) {
  Policy all;
  for (const PolicySource& source : sources) all = merge(all, *source.policy);
  return all;
}

/// Whether the lists of one field deny by themselves: they have nothing in common.
template <class List>
bool excludes_everything(const Sources& sources, List Policy::* list) {
  Policy all;
  for (const PolicySource& source : sources) {
    Policy only;
    only.*list = source.policy->*list;
    all = merge(all, only);
  }
  return all.deny;
}

template <class List>
Sources with_list(const Sources& sources, List Policy::* list) {
  return those(sources, [list](const Policy& policy) { return !(policy.*list).empty(); });
}

/// Those who say it, and those whose lists amount to it; each once, in the order of merging.
Sources deniers(const Sources& sources) {
  const auto denies = [&](const Policy& policy) {
    const auto empties = [&](const auto list) {
      return !(policy.*list).empty() && excludes_everything(sources, list);
    };
    return policy.deny || empties(&Policy::allowed_hours_utc) ||
           std::ranges::any_of(kListFields, [&](const ListField& field) { return empties(field.member); });
  };
  return those(sources, denies);
}

Sources who_set(const BoolField& field, bool value, const Sources& sources) {
  if (field.name == "deny") return value ? deniers(sources) : Sources{};
  if (value != field.restricts) return {};  // as it is when nobody says anything
  return those(sources, [&](const Policy& policy) { return policy.*field.member == value; });
}

}  // namespace

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::passed:
      return "passed";
    case Verdict::refused:
      return "refused";
    case Verdict::not_applicable:
      return "not_applicable";
  }
  return "unknown";
}

std::vector<PolicySource> policy_sources(const std::vector<PolicyLayer>& layers, const Policy& key_policy,
                                         const PolicyScope& scope) {
  constexpr std::array kOrder{LayerKind::global, LayerKind::project, LayerKind::team,
                              LayerKind::route,  LayerKind::model,   LayerKind::key};
  std::vector<PolicySource> sources;
  for (const LayerKind kind : kOrder) {
    for (const PolicyLayer& layer : layers) {
      if (layer.kind == kind && layer_applies(layer, scope)) sources.push_back({&layer, &layer.policy});
    }
  }
  sources.push_back({nullptr, &key_policy});
  return sources;
}

std::vector<FieldOrigin> origins(const std::vector<PolicySource>& sources) {
  const Policy all = merged(sources);
  std::vector<FieldOrigin> found;
  const auto add = [&](std::string_view field, Sources who) {
    if (!who.empty()) found.push_back({field, std::move(who)});
  };
  const auto add_equal = [&](const auto& field) {
    if (!(all.*field.member)) return;
    add(field.name,
        those(sources, [&](const Policy& policy) { return policy.*field.member == all.*field.member; }));
  };
  for (const BoolField& field : kBoolFields) add(field.name, who_set(field, all.*field.member, sources));
  for (const PermissionField& field : kPermissionFields) {
    const auto& said = (all.*field.member).said;
    add(field.name,
        those(sources, [&](const Policy& policy) { return said && (policy.*field.member).said == said; }));
  }
  for (const ListField& field : kListFields) add(field.name, with_list(sources, field.member));
  add(kHoursField, with_list(sources, &Policy::allowed_hours_utc));
  for (const NumberField& field : kNumberFields) add_equal(field);
  for (const MoneyField& field : kMoneyFields) add_equal(field);
  return found;
}

}  // namespace relayna::domain
