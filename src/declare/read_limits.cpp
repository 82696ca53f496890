// Limits: what the requests of a scope may use together. Their numbers are called, and judged, as a policy's.
#include <array>

#include "relayna/config/schema.hpp"
#include "relayna/domain/limit_checks.hpp"

#include "declare/reader.hpp"

namespace relayna::declare {
namespace {

using config::schema::Field;
using config::schema::Shape;
using config::yaml::join_path;

bool given(const Node& object, std::string_view key) {
  const Node* node = object.find(key);
  return node != nullptr && (!node->unset() || node->broken);
}

/// Calls `use` with every number of `node` that is given, right or wrong.
void each_number(const Node& node, const auto& use) {
  for (const Field& field : config::schema::find(config::schema::sections(), "limits")->fields) {
    const bool number = field.shape == Shape::integer || field.shape == Shape::dollars;
    if (number && given(node, field.key)) use(field);
  }
}

bool any_number(const Node& node) {
  bool any = false;
  each_number(node, [&any](const Field&) { any = true; });
  return any;
}

/// The file calls the numbers as policies do, in the order of the kinds' own names.
std::string_view key_of(std::string_view field) {
  using domain::LimitKind;
  constexpr std::array<std::pair<LimitKind, std::string_view>, domain::kLimitKinds> kKeys{{
      {LimitKind::requests_per_minute, "rpm_limit"},
      {LimitKind::requests_per_day, "max_requests_per_day"},
      {LimitKind::tokens_per_minute, "tpm_limit"},
      {LimitKind::tokens_per_day, "max_tokens_per_day"},
      {LimitKind::concurrent_requests, "max_concurrent_requests"},
      {LimitKind::usd_per_day, "daily_budget_usd"},
      {LimitKind::usd_per_week, "weekly_budget_usd"},
      {LimitKind::usd_per_month, "monthly_budget_usd"},
      {LimitKind::usd_total, "total_budget_usd"},
  }};
  for (const auto& [kind, key] : kKeys) {
    if (domain::to_string(kind) == field) return key;
  }
  return field;
}

/// `scoped`: false when the scope itself is wrong, and so what goes with it is unknown.
void check(const Context& context, const Node& node, const domain::Limit& limit, bool scoped,
           const std::string& path) {
  for (const auto& problem : domain::limit_problems(limit)) {
    if (problem.field.empty()) {
      // A number that cannot be read has been reported already.
      if (node.kind == Node::Kind::mapping && !any_number(node))
        context.problem(node.mark, path, problem.message, "rpm_limit: 600");
    } else if (scoped || problem.field != "target") {
      const auto key = key_of(problem.field);
      context.problem(mark_at(node, key), join_path(path, key), problem.message);
    }
  }
}

}  // namespace

void read_limits(const Context& context, const Node& root, File& file) {
  UniqueNames names;
  const std::vector<Node>& nodes = objects_of(root, "limits");
  for (std::size_t i = 0; i < nodes.size() && !context.diagnostics.full(); ++i) {
    const Node& node = nodes[i];
    const std::string path = join_path("limits", i);
    domain::Limit limit;
    limit.name = text_at(node, "name");
    limit.target = text_at(node, "target");
    limit.model = text_at(node, "model");
    limit.soft = boolean_at(node, "soft", false);
    limit.limits = domain::limits_of(read_policy(context, node, path, {}));
    check_name(context, limit.name, mark_at(node, "name"), path + ".name");
    names.add(context, limit.name, mark_at(node, "name"), path + ".name");
    const auto scope = domain::parse_limit_scope(text_at(node, "scope"));
    limit.scope = scope.value_or(domain::LimitScope::global);
    check(context, node, limit, scope.has_value(), path);
    if (!scope) continue;
    file.limits.push_back({std::move(limit.name), limit.scope, std::move(limit.target),
                           std::move(limit.model), limit.limits, limit.soft});
  }
}

}  // namespace relayna::declare
