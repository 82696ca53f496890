#include "upstream/credential_turns.hpp"

namespace relayna::upstream {

CredentialTurns::CredentialTurns(CredentialPool& pool, const catalog::Snapshot& snapshot,
                                 const domain::Provider& provider, std::string_view key_id,
                                 std::string_view project_id)
    : pool_(pool), chosen_(choose_credential(snapshot, provider, key_id, project_id)) {
  if (chosen_.source.ends_with("_mapping")) return;  // made for this caller: no turns
  const auto further = snapshot.credentials.find(provider.id);
  if (further != snapshot.credentials.end()) add_all(provider, further->second);
}

void CredentialTurns::add_all(const domain::Provider& provider,
                              const std::vector<domain::ProviderCredential>& further) {
  if (!chosen_.secret.empty()) {
    all_.push_back({provider.id, 1, {}, {}});
    named_.push_back(nullptr);
    own_ = chosen_;
  }
  for (const auto& credential : further) {
    all_.push_back({credential.id, credential.weight, credential.requests_per_minute,
                    credential.max_concurrent_requests});
    named_.push_back(&credential);
  }
}

const ChosenCredential& CredentialTurns::begin(core::TimePoint now) {
  if (all_.empty()) return chosen_;
  if (!next_) next_ = pool_.pick(all_, tried_, now);
  const auto at = *next_;  // the first time there always is one, later `refused` has said so
  tried_.push_back(at);
  next_.reset();
  if (const auto* credential = named_[at]) {
    chosen_ = {credential->secret.reveal(), "provider:" + credential->name};
  } else {
    chosen_ = own_;
  }
  lease_ = pool_.begin(all_[at].id, now);
  return chosen_;
}

const ChosenCredential& CredentialTurns::again(core::TimePoint now) {
  if (all_.empty()) return chosen_;
  lease_ = {};
  lease_ = pool_.begin(all_[tried_.back()].id, now);
  return chosen_;
}

bool CredentialTurns::refused(std::optional<std::chrono::seconds> retry_after, core::TimePoint now) {
  if (all_.empty()) return false;
  lease_ = {};
  pool_.cool_down(all_[tried_.back()].id, retry_after, now);
  next_ = pool_.pick(all_, tried_, now);
  return next_.has_value();
}

}  // namespace relayna::upstream
