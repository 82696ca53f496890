#include <fmt/ranges.h>

#include "relayna/domain/limit_checks.hpp"

#include "control/api/add_resource.hpp"
#include "control/resources/common_fields.hpp"
#include "control/resources/dependents.hpp"
#include "control/resources/money_part.hpp"
#include "control/resources/references.hpp"
#include "control/resources/resources.hpp"
#include "control/resources/shapes.hpp"

namespace relayna::control {

namespace {

using domain::Limit;
using domain::LimitKind;
using domain::LimitScope;

constexpr std::size_t kMostTarget = 256;
constexpr std::size_t kMostModel = 256;

Codec<LimitScope> limit_scope() {
  std::vector<std::pair<LimitScope, std::string_view>> scopes;
  for (const auto scope :
       {LimitScope::key, LimitScope::project, LimitScope::team, LimitScope::global, LimitScope::end_user}) {
    scopes.emplace_back(scope, domain::to_string(scope));
  }
  return choice(std::move(scopes));
}

/// A count, or nano-USD spelled as dollars; null is no limit.
Codec<std::int64_t> amount_of(LimitKind kind) {
  auto codec = domain::is_money(kind) ? nanos_as_dollars() : number(0);
  codec.schema = domain::is_money(kind) ? codec.schema : nullable(std::move(codec.schema));
  codec.nullable = true;
  codec.unset = domain::kUnlimited;
  codec.show = [show = codec.show](const std::int64_t& amount) {
    return amount == domain::kUnlimited ? json::Document() : show(amount);
  };
  return codec;
}

std::vector<std::string> amount_names() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < domain::kLimitKinds; ++i)
    names.emplace_back(domain::to_string(static_cast<LimitKind>(i)));
  return names;
}

void add_amounts(Shape<Limit>& limit) {
  for (std::size_t i = 0; i < domain::kLimitKinds; ++i) {
    const auto kind = static_cast<LimitKind>(i);
    limit.field(
        std::string(domain::to_string(kind)), [i](auto& row) -> auto& { return row.limits.most[i]; },
        amount_of(kind), Field::settable,
        domain::is_money(kind) ? "US dollars; null: no limit." : "null: no limit.");
  }
}

}  // namespace

const Shape<Limit>& limit_shape() {
  static const auto shape = [] {
    Shape<Limit> limit("Limit", "What all requests of a scope may use together.");
    add_id(limit);
    limit.field("name", &Limit::name, text(1, kMostName), Field::required, "Unique.").listed("name", true);
    limit
        .field("scope", &Limit::scope, limit_scope(), Field::fixed_required, "Whose requests count together.")
        .listed("scope", true);
    limit
        .field("target", &Limit::target, optional_text(kMostTarget), Field::fixed,
               "The id of the key, project or team, or the end user; null: each of them has the limit by "
               "itself.")
        .listed("target");
    limit
        .field("model", &Limit::model, optional_text(kMostModel), Field::settable,
               "Counts only this model; a trailing `*` covers what follows, counted together. null: all.")
        .listed("model");
    add_amounts(limit);
    limit
        .field("soft", &Limit::soft, flag(), Field::settable,
               "Warns from 80 % on instead of refusing; for budgets only.")
        .listed("soft");
    limit.field("enabled", &Limit::enabled, flag(), Field::settable, "").listed("enabled");
    add_provenance(limit);
    limit.rule({"scope"}, [](const Limit& row, Problems& problems) {
      for (auto& problem : domain::limit_problems(row)) {
        if (!problem.field.empty()) problems.add(std::string(problem.field), std::move(problem.message));
      }
    });
    limit.rule(amount_names(), [](const Limit& row, Problems& problems) {
      if (!row.limits.empty()) return;
      problems.add(amount_names().front(),
                   fmt::format("is required, or another amount: it limits nothing. There are: {}",
                               fmt::join(amount_names(), ", ")));
    });
    return limit;
  }();
  return shape;
}

void add_limits(Api& api, const Resources& with) {
  Resource<Limit> limits{.path = "limits",
                         .tag = "Limits",
                         .one = "limit",
                         .shape = &limit_shape(),
                         .read_scope = "limits:read",
                         .write_scope = "limits:write",
                         .search = "name"};
  auto& store = with.store.administration();
  limits.check_body = [&store](const Call& call) {
    return check_scope_id(store, call.body, "scope", "target");
  };
  add_resource(api, store, limits);
  const auto set_enabled = [](bool enabled) {
    return [enabled](Change<Limit>& change) -> core::Result<void> {
      change.row.enabled = enabled;
      return {};
    };
  };
  add_action<Limit>(api, store, limits, "enable", "Put a limit in force again", limits.write_scope,
                    set_enabled(true));
  add_action<Limit>(api, store, limits, "disable", "Suspend a limit", limits.write_scope, set_enabled(false));
}

}  // namespace relayna::control
