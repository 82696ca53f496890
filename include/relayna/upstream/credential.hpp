#pragma once

#include <string>
#include <string_view>

#include "relayna/catalog/snapshot.hpp"

namespace relayna::upstream {

/// The credential a request is sent with, and where it came from (for usage events).
struct ChosenCredential {
  std::string_view secret;  ///< into the snapshot; empty for none
  std::string source;  ///< key_mapping | project_mapping | provider | provider:<name> | environment | none
};

/// Contract 12.2: for LiteLLM a key's mapping, else its project's, else the provider's own credential (a
/// stored row or the environment).
ChosenCredential choose_credential(const catalog::Snapshot& snapshot, const domain::Provider& provider,
                                   std::string_view key_id, std::string_view project_id);

/// The header that carries it: the provider's own choice, else its API's custom (`x-api-key` for Anthropic,
/// `api-key` for Azure, `x-goog-api-key` for Gemini, `Authorization: Bearer` otherwise).
struct CredentialField {
  std::string_view name;
  std::string_view value_prefix;  ///< `Bearer ` or empty
};
CredentialField credential_field(const domain::Provider& provider) noexcept;

}  // namespace relayna::upstream
