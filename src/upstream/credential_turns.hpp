#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "relayna/catalog/snapshot.hpp"
#include "relayna/upstream/credential.hpp"
#include "relayna/upstream/credential_pool.hpp"

namespace relayna::upstream {

/// The credentials one request is sent with to one provider, one after the other: the only one there is, or
/// turns among several. References outlive it.
class CredentialTurns {
 public:
  CredentialTurns(CredentialPool& pool, const catalog::Snapshot& snapshot, const domain::Provider& provider,
                  std::string_view key_id, std::string_view project_id);

  /// The one to use now; counted as in flight until `take_lease()` ends.
  const ChosenCredential& begin(core::TimePoint now);
  /// The same once more, for another request to the same provider: it counts against its caps as any other.
  const ChosenCredential& again(core::TimePoint now);
  /// The provider refused it, so others go before it for a while. Whether one is free to be tried at once.
  bool refused(std::optional<std::chrono::seconds> retry_after, core::TimePoint now);
  /// Empty when there are no turns.
  CredentialPool::Lease take_lease() noexcept { return std::move(lease_); }

 private:
  void add_all(const domain::Provider& provider, const std::vector<domain::ProviderCredential>& further);

  CredentialPool& pool_;
  ChosenCredential chosen_;
  std::vector<PooledCredential> all_;                     ///< empty: `chosen_` is the only one
  std::vector<const domain::ProviderCredential*> named_;  ///< beside `all_`; null: the provider's own
  ChosenCredential own_;
  std::vector<std::size_t> tried_;
  std::optional<std::size_t> next_;
  CredentialPool::Lease lease_;
};

}  // namespace relayna::upstream
