#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/catalog/snapshot.hpp"
#include "relayna/dialect/dialect.hpp"

namespace relayna::upstream {

/// One upstream a request may be sent to. Pointers are into the snapshot the request holds.
struct Candidate {
  const domain::Provider* provider = nullptr;
  std::string model;            ///< what this provider is asked for
  bool rewrites_model = false;  ///< `model` differs from what the client wrote
  /// Only for when those before it have failed; else one of several places that serve the model.
  bool fallback = false;
};

struct ResolveInput {
  dialect::Operation operation = dialect::Operation::other;
  std::string_view model;            ///< as the client wrote it
  std::string_view wanted_provider;  ///< `x-relayna-provider`, empty for none
  std::string_view route = {};       ///< its label: targets of models may name those they serve
  std::uint64_t draw = 0;  ///< chance, by which targets of one priority take turns according to their weights
};

/// Contract 12.3: declared name (alias) → explicit provider prefix → name inference → LiteLLM or the only
/// provider; followed by the chosen provider's fallback. A declared model's targets stand behind its own
/// provider by priority, those of one priority in the order `draw` gives their weights. Never empty on
/// success. Errors: model_not_found naming what is reachable, no_upstream when nothing is configured,
/// missing_provider_config when `x-relayna-provider` names none.
core::Result<std::vector<Candidate>> resolve(const catalog::Snapshot& snapshot, const ResolveInput& input);

/// For `/providers/{name}/*`: that provider, and LiteLLM behind it when it says so. missing_provider_config
/// when there is none.
core::Result<std::vector<Candidate>> resolve_passthrough(const catalog::Snapshot& snapshot,
                                                         std::string_view provider_name,
                                                         std::string_view model);

/// Whether this version can call upstreams of this kind at all; `vertex` and `bedrock` want signed requests.
bool can_be_called(domain::ProviderKind kind) noexcept;
/// Whether upstreams of this kind speak the operation's API themselves.
bool supports(domain::ProviderKind kind, dialect::Operation operation) noexcept;

}  // namespace relayna::upstream
