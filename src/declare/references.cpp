#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "relayna/config/suggest.hpp"
#include "relayna/core/encoding.hpp"
#include "relayna/domain/model_providers.hpp"

#include "declare/reader.hpp"

namespace relayna::declare {
namespace {

using config::yaml::join_path;

/// `openai` exists outside the file where the environment, or the file's process settings, configure it.
bool direct_openai(const Context& context, const Node& root) {
  const auto variable = context.environment.find("DIRECT_OPENAI_BASE_URL");
  if (variable != context.environment.end() && !core::trim(variable->second).empty()) return true;
  const Node* server = root.find("server");
  return server != nullptr && server->find("direct_openai") != nullptr;
}

class Checker {
 public:
  Checker(const Context& context, const Node& root, const File& file)
      : context_(context), root_(root), file_(file) {
    for (const auto& provider : file.providers) providers_.push_back(provider.name);
    for (const auto& project : file.projects) projects_.push_back(project.name);
    for (const auto& team : file.teams) teams_.push_back(team);
    for (const auto& key : file.keys) keys_.push_back(key.name);
    // What the gateway has without the file. LiteLLM may be configured only where the gateway runs, so its
    // name is taken on trust.
    providers_.insert(providers_.end(), {"echo", "litellm"});
    if (direct_openai(context, root)) providers_.emplace_back("openai");
  }

  void run() {
    each("providers", "fallback", providers_, "provider");
    each("models", "provider", providers_, "provider");
    model_kinds();
    each("keys", "project", projects_, "project");
    each("pricing", "provider", providers_, "provider");
    layers();
    limits();
    fallback_circles();
  }

 private:
  using Names = std::vector<std::string_view>;

  void each(std::string_view section, std::string_view key, const Names& names, std::string_view what) {
    const std::vector<Node>& nodes = objects_of(root_, section);
    for (std::size_t i = 0; i < nodes.size() && !context_.diagnostics.full(); ++i) {
      look_up(nodes[i], key, join_path(join_path(section, i), key), names, what);
    }
  }

  void look_up(const Node& node, std::string_view key, const std::string& path, const Names& names,
               std::string_view what) {
    const std::string text = text_at(node, key);
    if (text.empty() || std::find(names.begin(), names.end(), text) != names.end()) return;
    const std::string_view meant = config::nearest(text, names);
    context_.problem(mark_at(node, key), path,
                     meant.empty()
                         ? fmt::format("names a {} that the file does not declare", what)
                         : fmt::format("names a {} that the file does not declare; did you mean `{}`?", what,
                                       config::printable_name(meant)));
  }

  void model_kinds() {
    const std::vector<Node>& nodes = objects_of(root_, "models");
    for (std::size_t i = 0; i < nodes.size() && !context_.diagnostics.full(); ++i) {
      const auto provider =
          std::ranges::find(file_.providers, text_at(nodes[i], "provider"), &domain::Provider::name);
      if (provider == file_.providers.end()) continue;
      if (const auto problem = domain::model_provider_problem(provider->kind, provider->name))
        context_.problem(mark_at(nodes[i], "provider"), join_path(join_path("models", i), "provider"),
                         *problem);
    }
  }

  void layers() {
    const std::vector<Node>& nodes = objects_of(root_, "policies");
    for (std::size_t i = 0; i < nodes.size() && !context_.diagnostics.full(); ++i) {
      const std::string path = join_path(join_path("policies", i), "scope");
      const auto kind = domain::parse_layer_kind(text_at(nodes[i], "kind"));
      if (kind == domain::LayerKind::project) look_up(nodes[i], "scope", path, projects_, "project");
      if (kind == domain::LayerKind::team) look_up(nodes[i], "scope", path, teams_, "team");
      if (kind == domain::LayerKind::key) look_up(nodes[i], "scope", path, keys_, "key");
    }
  }

  void limits() {
    const std::vector<Node>& nodes = objects_of(root_, "limits");
    for (std::size_t i = 0; i < nodes.size() && !context_.diagnostics.full(); ++i) {
      const std::string path = join_path(join_path("limits", i), "target");
      const auto scope = domain::parse_limit_scope(text_at(nodes[i], "scope"));
      if (scope == domain::LimitScope::project) look_up(nodes[i], "target", path, projects_, "project");
      if (scope == domain::LimitScope::team) look_up(nodes[i], "target", path, teams_, "team");
      if (scope == domain::LimitScope::key) look_up(nodes[i], "target", path, keys_, "key");
    }
  }

  /// Each provider has one fallback, so a walk either ends or enters a circle; a provider is walked over
  /// once.
  void fallback_circles() {
    std::map<std::string_view, std::size_t> index;
    for (std::size_t i = 0; i < file_.providers.size(); ++i) index.emplace(file_.providers[i].name, i);
    std::vector<std::size_t> walk_of(file_.providers.size(), 0);  // 0: not yet
    for (std::size_t start = 0; start < file_.providers.size(); ++start) {
      std::size_t at = start;
      while (walk_of[at] == 0) {
        walk_of[at] = start + 1;
        const auto next = index.find(file_.providers[at].fallback);
        if (next == index.end()) break;
        at = next->second;
        if (walk_of[at] == start + 1) report_circle(at, index);
      }
    }
  }

  void report_circle(std::size_t first, const std::map<std::string_view, std::size_t>& index) {
    const std::vector<Node>& nodes = objects_of(root_, "providers");
    std::size_t at = first;
    do {
      context_.problem(mark_at(nodes[at], "fallback"), join_path(join_path("providers", at), "fallback"),
                       "leads back to this provider");
      at = index.find(file_.providers[at].fallback)->second;
    } while (at != first);
  }

  const Context& context_;
  const Node& root_;
  const File& file_;
  Names providers_, projects_, teams_, keys_;
};

}  // namespace

void check_references(const Context& context, const Node& root, const File& file) {
  Checker(context, root, file).run();
}

}  // namespace relayna::declare
