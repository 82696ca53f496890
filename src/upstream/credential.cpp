#include "relayna/upstream/credential.hpp"

namespace relayna::upstream {

using domain::CredentialMapping;
using domain::ProviderKind;

namespace {

const CredentialMapping* find_mapping(const catalog::Snapshot& snapshot, CredentialMapping::Scope scope,
                                      std::string_view target) {
  if (target.empty()) return nullptr;
  for (const auto& mapping : snapshot.mappings) {
    if (mapping.scope == scope && mapping.target_id == target && !mapping.credential.empty()) return &mapping;
  }
  return nullptr;
}

}  // namespace

ChosenCredential choose_credential(const catalog::Snapshot& snapshot, const domain::Provider& provider,
                                   std::string_view key_id, std::string_view project_id) {
  if (provider.kind == ProviderKind::litellm) {
    if (const auto* m = find_mapping(snapshot, CredentialMapping::Scope::key, key_id))
      return {m->credential.reveal(), "key_mapping"};
    if (const auto* m = find_mapping(snapshot, CredentialMapping::Scope::project, project_id)) {
      return {m->credential.reveal(), "project_mapping"};
    }
  }
  if (provider.credential.empty()) return {{}, "none"};
  return {provider.credential.reveal(), provider.managed_by == "env" ? "environment" : "provider"};
}

CredentialField credential_field(const domain::Provider& provider) noexcept {
  if (provider.header.mode == domain::CredentialHeaderMode::custom_header) {
    return {provider.header.name,
            provider.header.format == domain::CredentialValueFormat::bearer ? "Bearer " : ""};
  }
  switch (provider.kind) {
    case ProviderKind::anthropic:
      return {"x-api-key", ""};
    case ProviderKind::azure_openai:
      return {"api-key", ""};
    case ProviderKind::gemini:
      return {"x-goog-api-key", ""};
    default:
      return {"Authorization", "Bearer "};
  }
}

}  // namespace relayna::upstream
