// Providers, models and routes.
#include <fmt/format.h>

#include "declare/reader.hpp"

namespace relayna::declare {
namespace {

constexpr std::string_view kManaged = "file";

domain::CredentialHeader read_header(const Context& context, const Node& provider, const std::string& path) {
  domain::CredentialHeader header;
  const Node* node = provider.find("credential_header");
  if (node == nullptr || node->kind != Node::Kind::mapping) return header;
  header.name = text_at(*node, "name");
  if (text_at(*node, "format") == "bearer") header.format = domain::CredentialValueFormat::bearer;
  const std::string name_path = path + ".credential_header.name";
  if (text_at(*node, "mode") == "custom_header") {
    header.mode = domain::CredentialHeaderMode::custom_header;
    if (auto problem = domain::credential_header_problem(header.name)) {
      context.problem(mark_at(*node, "name"), name_path, *problem, "api-key");
    }
  } else if (!header.name.empty() && text_at(*node, "mode") == "authorization_bearer") {
    context.problem(mark_at(*node, "name"), name_path, "goes with the mode custom_header only");
  }
  return header;
}

core::Secret read_credential(const Context& context, const Node& provider, const std::string& path) {
  core::Secret credential;
  std::string_view first;
  for (const std::string_view key : {"credential", "api_key"}) {
    const Node* node = provider.find(key);
    if (node == nullptr || (node->unset() && !node->broken)) continue;
    if (!first.empty()) {
      context.problem(node->mark, fmt::format("{}.{}", path, key),
                      fmt::format("is another name of {}; give one of them", first));
      continue;
    }
    first = key;
    credential = config::yaml::resolve_secret(*node, context.environment, fmt::format("{}.{}", path, key),
                                              context.diagnostics);
  }
  for (const char c : credential.reveal()) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) continue;
    context.problem(mark_at(provider, first), fmt::format("{}.{}", path, first),
                    "must not contain control characters");
    break;
  }
  return credential;
}

domain::Provider read_provider(const Context& context, const Node& node, const std::string& path) {
  domain::Provider provider;
  provider.name = text_at(node, "name");
  provider.managed_by = kManaged;
  if (!provider.name.empty()) {
    if (auto problem = domain::provider_name_problem(provider.name)) {
      context.problem(mark_at(node, "name"), path + ".name", *problem, "openai");
    }
  }
  const auto kind = domain::parse_provider_kind(text_at(node, "kind"));
  provider.kind = kind.value_or(domain::ProviderKind::openai);
  provider.base_url = text_at(node, "base_url");
  const Node* url = node.find("base_url");
  if (kind && *kind != domain::ProviderKind::echo && (url == nullptr || (url->unset() && !url->broken))) {
    context.problem(node.mark, path + ".base_url", "is required", "https://api.openai.com");
  }
  provider.enabled = boolean_at(node, "enabled", true);
  provider.credential = read_credential(context, node, path);
  provider.header = read_header(context, node, path);
  provider.fallback = text_at(node, "fallback");
  if (const Node* timeouts = node.find("timeouts")) {
    const auto set = [&](std::string_view key, std::int64_t& ms) {
      if (const auto value = duration_at(*timeouts, key)) ms = value->count();
    };
    set("connect", provider.connect_timeout_ms);
    set("first_byte", provider.first_byte_timeout_ms);
    set("idle", provider.idle_timeout_ms);
  }
  return provider;
}

/// By label, or by id.
std::optional<domain::Route> parse_route(std::string_view text) {
  if (const auto route = domain::parse_route_label(text)) return route;
  for (int i = 0; i < static_cast<int>(domain::Route::unknown); ++i) {
    if (domain::route_id(static_cast<domain::Route>(i)) == text) return static_cast<domain::Route>(i);
  }
  return std::nullopt;
}

}  // namespace

void read_providers(const Context& context, const Node& root, File& file) {
  UniqueNames names;
  const std::vector<Node>& nodes = objects_of(root, "providers");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::string path = config::yaml::join_path("providers", i);
    file.providers.push_back(read_provider(context, nodes[i], path));
    names.add(context, file.providers.back().name, mark_at(nodes[i], "name"), path + ".name");
  }
}

void read_models(const Context& context, const Node& root, File& file) {
  UniqueNames names;
  const std::vector<Node>& nodes = objects_of(root, "models");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::string path = config::yaml::join_path("models", i);
    domain::Model model;
    model.name = text_at(nodes[i], "name");
    model.provider = text_at(nodes[i], "provider");
    model.upstream_model = text_at(nodes[i], "upstream_model");
    model.enabled = boolean_at(nodes[i], "enabled", true);
    model.managed_by = kManaged;
    check_name(context, model.name, mark_at(nodes[i], "name"), path + ".name");
    names.add(context, model.name, mark_at(nodes[i], "name"), path + ".name");
    file.models.push_back(std::move(model));
  }
}

void read_routes(const Context& context, const Node& root, File& file) {
  UniqueNames names;
  const std::vector<Node>& nodes = objects_of(root, "routes");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    const std::string path = config::yaml::join_path("routes", i) + ".route";
    const std::string text = text_at(node, "route");
    if (text.empty()) continue;
    const auto route = parse_route(text);
    if (!route) {
      context.problem(mark_at(node, "route"), path, "is not a route",
                      "/v1/chat/completions or chat-completions");
      continue;
    }
    domain::RouteSettings settings;
    settings.route = *route;
    settings.enabled = boolean_at(node, "enabled", true);
    if (const auto timeout = duration_at(node, "timeout")) settings.timeout_ms = timeout->count();
    settings.max_request_body_bytes = integer_at(node, "max_request_body_bytes");
    settings.max_response_body_bytes = integer_at(node, "max_response_body_bytes");
    settings.drain_on_disconnect = boolean_at(node, "drain_on_disconnect", false);
    if (const std::string dollars = text_at(node, "request_usd"); !dollars.empty())
      settings.request_cost = core::Money::parse(dollars);
    names.add(context, std::string(domain::route_id(*route)), mark_at(node, "route"), path);
    file.routes.push_back(settings);
  }
}

}  // namespace relayna::declare
