#include "relayna/domain/catalog_objects.hpp"

#include <algorithm>
#include <array>

#include "relayna/core/encoding.hpp"

namespace relayna::domain {
namespace {

struct KindName {
  ProviderKind kind;
  std::string_view name;
};
constexpr std::array kKinds{
    KindName{ProviderKind::litellm, "litellm"},
    KindName{ProviderKind::openai, "openai"},
    KindName{ProviderKind::azure_openai, "azure-openai"},
    KindName{ProviderKind::anthropic, "anthropic"},
    KindName{ProviderKind::gemini, "gemini"},
    KindName{ProviderKind::vertex, "vertex"},
    KindName{ProviderKind::bedrock, "bedrock"},
    KindName{ProviderKind::cohere, "cohere"},
    KindName{ProviderKind::internal_service, "internal-service"},
    KindName{ProviderKind::echo, "echo"},
};

struct RouteName {
  Route route;
  std::string_view label;
  std::string_view id;
};
// In the order of the enum: the names are looked up by index.
constexpr std::array kRoutes{
    RouteName{Route::chat_completions, "/v1/chat/completions", "chat-completions"},
    RouteName{Route::completions, "/v1/completions", "completions"},
    RouteName{Route::responses, "/v1/responses", "responses"},
    RouteName{Route::embeddings, "/v1/embeddings", "embeddings"},
    RouteName{Route::models, "/v1/models", "models"},
    RouteName{Route::model, "/v1/models/*", "model"},
    RouteName{Route::messages, "/v1/messages", "messages"},
    RouteName{Route::count_tokens, "/v1/messages/count_tokens", "messages-count-tokens"},
    RouteName{Route::provider_passthrough, "/providers/*", "provider-passthrough"},
    RouteName{Route::health, "/health", "health"},
    RouteName{Route::unknown, "unknown", "unknown"},
};
static_assert(std::ranges::all_of(kRoutes, [](const RouteName& r) {
  return static_cast<std::size_t>(r.route) == static_cast<std::size_t>(&r - kRoutes.data());
}));

bool is_token_char(char c) noexcept {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kOthers.contains(c);
}

}  // namespace

std::string_view to_string(ProviderKind kind) noexcept {
  for (const KindName& k : kKinds) {
    if (k.kind == kind) return k.name;
  }
  return "unknown";
}

std::optional<ProviderKind> parse_provider_kind(std::string_view text) noexcept {
  if (text == "openai-compatible") return ProviderKind::openai;
  for (const KindName& k : kKinds) {
    if (k.name == text) return k.kind;
  }
  return std::nullopt;
}

std::optional<std::string> provider_name_problem(std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  const bool right = !name.empty() && name.size() <= 64 &&
                     name.find_first_not_of(kAllowed) == std::string_view::npos &&
                     !std::string_view("._-").contains(name.front());
  if (!right) return "must be 1 to 64 letters, digits, `.`, `_` or `-`, and start with a letter or digit";
  for (const std::string_view taken : {"v1", "v1beta", "providers", "services", "health"}) {
    if (name == taken) return "is a path of the gateway itself";
  }
  return std::nullopt;
}

std::optional<std::string> credential_header_problem(std::string_view name) {
  if (name.empty()) return "a header name is required";
  if (name.size() > 128) return "a header name has at most 128 characters";
  if (!std::ranges::all_of(name, is_token_char)) return "not a valid HTTP header name";
  // Framing and routing of the request, what the caller authenticates with, and what the gateway itself says.
  constexpr std::array<std::string_view, 21> kForbidden{
      "host",
      "content-length",
      "content-type",
      "accept",
      "content-encoding",
      "accept-encoding",
      "authorization",
      "proxy-authorization",
      "transfer-encoding",
      "te",
      "trailer",
      "connection",
      "keep-alive",
      "upgrade",
      "expect",
      "x-api-key",
      "x-aih-api-key",
      "x-apigee-entra-identity",
      "cookie",
      "traceparent",
      "x-apigee-entra-signature",
  };
  const std::string lower = core::to_lower(name);
  if (std::ranges::find(kForbidden, lower) != kForbidden.end()) {
    return "the header " + lower + " cannot carry a credential";
  }
  if (lower.starts_with("x-relayna-")) return "headers beginning with x-relayna- belong to the gateway";
  return std::nullopt;
}

std::string_view route_label(Route route) noexcept {
  return kRoutes[std::min(static_cast<std::size_t>(route), kRoutes.size() - 1)].label;
}

std::string_view route_id(Route route) noexcept {
  return kRoutes[std::min(static_cast<std::size_t>(route), kRoutes.size() - 1)].id;
}

std::optional<Route> parse_route_label(std::string_view label) noexcept {
  for (const RouteName& r : kRoutes) {
    if (r.label == label && r.route != Route::unknown) return r.route;
  }
  return std::nullopt;
}

std::optional<Route> parse_route_id(std::string_view id) noexcept {
  for (const RouteName& r : kRoutes) {
    if (r.id == id && r.route != Route::unknown) return r.route;
  }
  return std::nullopt;
}

}  // namespace relayna::domain
