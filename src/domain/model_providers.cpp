#include "relayna/domain/model_providers.hpp"

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

}  // namespace relayna::domain
