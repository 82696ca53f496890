// Limits: what the requests of a scope may use together. Their numbers are called, and judged, as a policy's.
#include "relayna/config/schema.hpp"

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

void check_numbers(const Context& context, const Node& node, bool soft, const std::string& path) {
  bool any = false;
  each_number(node, [&](const Field& field) {
    any = true;
    if (soft && field.shape == Shape::integer) {
      context.problem(mark_at(node, field.key), join_path(path, field.key),
                      "does not go with soft: only a budget can warn before it is used up");
    }
  });
  if (!any) context.problem(node.mark, path, "limits nothing; give it at least one number", "rpm_limit: 600");
}

void check_target(const Context& context, const Node& node, const DeclaredLimit& limit,
                  const std::string& path) {
  // What the durable balances keep of an end user's name.
  constexpr std::size_t kLongestEndUser = 256;
  if (limit.scope == domain::LimitScope::global && !limit.target.empty()) {
    context.problem(mark_at(node, "target"), path, "does not go with the scope global");
  }
  if (limit.scope == domain::LimitScope::end_user && limit.target.size() > kLongestEndUser) {
    context.problem(mark_at(node, "target"), path, "is longer than 256 bytes");
  }
}

void check_model(const Context& context, const Node& node, const std::string& model,
                 const std::string& path) {
  const std::size_t star = model.find('*');
  if (star == std::string::npos || star + 1 == model.size()) return;
  context.problem(mark_at(node, "model"), path, "`*` may only stand at the end");
}

}  // namespace

void read_limits(const Context& context, const Node& root, File& file) {
  UniqueNames names;
  const std::vector<Node>& nodes = objects_of(root, "limits");
  for (std::size_t i = 0; i < nodes.size() && !context.diagnostics.full(); ++i) {
    const Node& node = nodes[i];
    const std::string path = join_path("limits", i);
    DeclaredLimit limit;
    limit.name = text_at(node, "name");
    limit.target = text_at(node, "target");
    limit.model = text_at(node, "model");
    limit.soft = boolean_at(node, "soft", false);
    limit.limits = domain::limits_of(read_policy(context, node, path, {}));
    check_name(context, limit.name, mark_at(node, "name"), path + ".name");
    names.add(context, limit.name, mark_at(node, "name"), path + ".name");
    check_model(context, node, limit.model, path + ".model");
    if (node.kind == Node::Kind::mapping) check_numbers(context, node, limit.soft, path);
    const auto scope = domain::parse_limit_scope(text_at(node, "scope"));
    if (!scope) continue;
    limit.scope = *scope;
    check_target(context, node, limit, path + ".target");
    file.limits.push_back(std::move(limit));
  }
}

}  // namespace relayna::declare
