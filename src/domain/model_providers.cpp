#include "relayna/domain/model_providers.hpp"

#include <fmt/format.h>

namespace relayna::domain {

bool serves_models(ProviderKind kind) noexcept {
  switch (kind) {
    case ProviderKind::litellm:
    case ProviderKind::openai:
    case ProviderKind::anthropic:
    case ProviderKind::echo:
      return true;
    case ProviderKind::azure_openai:
    case ProviderKind::gemini:
    case ProviderKind::vertex:
    case ProviderKind::bedrock:
    case ProviderKind::cohere:
    case ProviderKind::internal_service:
      return false;
  }
  return false;
}

std::optional<std::string> model_provider_problem(ProviderKind kind, std::string_view name) {
  if (serves_models(kind)) return std::nullopt;
  return fmt::format("is of kind {}, which serves no models; it is called at /providers/{}/", to_string(kind),
                     name);
}

}  // namespace relayna::domain
