// Projects with their teams, virtual keys and policy layers.
#include <algorithm>

#include <fmt/format.h>

#include "relayna/core/crypto.hpp"
#include "relayna/core/encoding.hpp"
#include "relayna/domain/key.hpp"

#include "declare/reader.hpp"

namespace relayna::declare {
namespace {

core::Secret read_secret(const Context& context, const Node& key, const std::string& path,
                         UniqueNames& secrets) {
  const Node* node = key.find("secret");
  if (node == nullptr) return {};
  core::Secret secret =
      config::yaml::resolve_secret(*node, context.environment, path + ".secret", context.diagnostics);
  if (secret.empty()) return {};
  if (!domain::well_formed_virtual_key(secret.reveal())) {
    context.problem(node->mark, path + ".secret", "must be `rk_live_` followed by 64 hexadecimal digits",
                    "rk_live_ and the output of `openssl rand -hex 32`");
    return {};
  }
  secrets.add(context, core::to_hex(core::sha256(secret.reveal())), node->mark, path + ".secret");
  return secret;
}

DeclaredKey read_key(const Context& context, const Node& node, const std::string& path,
                     UniqueNames& secrets) {
  DeclaredKey key;
  key.name = text_at(node, "name");
  key.project = text_at(node, "project");
  key.secret = read_secret(context, node, path, secrets);
  key.overlap = duration_at(node, "overlap").value_or(std::chrono::milliseconds(0));
  key.disabled = boolean_at(node, "disabled", false);
  key.expires_at = time_at(node, "expires_at");
  key.rotation_due_at = time_at(node, "rotation_due_at");
  const Node* policy = node.find("policy");
  const Node none{.kind = Node::Kind::mapping, .mark = node.mark};
  const bool given = policy != nullptr && policy->kind == Node::Kind::mapping;
  key.policy = read_policy(context, given ? *policy : none, path + ".policy", text_at(node, "preset"));
  return key;
}

/// What the kind wants to know besides itself. Names are looked up by check_references.
void check_scope(const Context& context, const Node& node, DeclaredLayer& layer, const std::string& path) {
  const Mark at = mark_at(node, "scope");
  const Node* given = node.find("scope");
  if (given != nullptr && given->broken) return;
  if (layer.kind == domain::LayerKind::global) {
    if (!layer.scope.empty()) context.problem(at, path, "does not go with the kind global");
    return;
  }
  if (layer.scope.empty()) {
    context.problem(at, path, fmt::format("is required for the kind {}", domain::to_string(layer.kind)));
    return;
  }
  if (layer.kind == domain::LayerKind::route) {
    for (int i = 0; i < static_cast<int>(domain::Route::unknown); ++i) {
      const auto route = static_cast<domain::Route>(i);
      if (domain::route_id(route) == layer.scope) layer.scope = domain::route_label(route);
    }
    if (!layer.scope.ends_with('*') && !domain::parse_route_label(layer.scope)) {
      context.problem(at, path, "is not a route", "/v1/chat/completions");
    }
  }
}

}  // namespace

void read_projects(const Context& context, const Node& root, File& file) {
  UniqueNames names;
  const std::vector<Node>& nodes = objects_of(root, "projects");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::string path = config::yaml::join_path("projects", i);
    DeclaredProject project{text_at(nodes[i], "name"), text_at(nodes[i], "team")};
    check_name(context, project.name, mark_at(nodes[i], "name"), path + ".name");
    check_name(context, project.team, mark_at(nodes[i], "team"), path + ".team");
    names.add(context, project.name, mark_at(nodes[i], "name"), path + ".name");
    if (!project.team.empty() &&
        std::find(file.teams.begin(), file.teams.end(), project.team) == file.teams.end()) {
      file.teams.push_back(project.team);
    }
    file.projects.push_back(std::move(project));
  }
}

void read_keys(const Context& context, const Node& root, File& file) {
  UniqueNames names, secrets;
  const std::vector<Node>& nodes = objects_of(root, "keys");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::string path = config::yaml::join_path("keys", i);
    file.keys.push_back(read_key(context, nodes[i], path, secrets));
    const std::string& name = file.keys.back().name;
    check_name(context, name, mark_at(nodes[i], "name"), path + ".name");
    names.add(context, name, mark_at(nodes[i], "name"), path + ".name");
  }
}

void read_layers(const Context& context, const Node& root, File& file) {
  UniqueNames identities;
  const std::vector<Node>& nodes = objects_of(root, "policies");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::string path = config::yaml::join_path("policies", i);
    const auto kind = domain::parse_layer_kind(text_at(nodes[i], "kind"));
    DeclaredLayer layer;
    layer.scope = text_at(nodes[i], "scope");
    layer.policy = read_policy(context, nodes[i], path, {});
    if (!kind) continue;
    layer.kind = *kind;
    check_scope(context, nodes[i], layer, path + ".scope");
    identities.add(context, fmt::format("{} {}", domain::to_string(layer.kind), layer.scope), nodes[i].mark,
                   path);
    file.layers.push_back(std::move(layer));
  }
}

}  // namespace relayna::declare
