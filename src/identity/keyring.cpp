#include "relayna/identity/keyring.hpp"

#include <utility>

#include "identity/master_key.hpp"

namespace relayna::identity {
namespace {

constexpr const char* kPepperRow = "pepper";
constexpr const char* kDataKeyRow = "data_key";
/// Races with other starting processes end after a round or two; this only keeps a broken store from looping.
constexpr int kMaxRounds = 8;

std::string context_of(const std::string& row) {
  return "installation_secrets:" + row;
}

/// A master key that stored secrets may be wrapped under, and what to call it.
struct Candidate {
  core::Secret key;
  std::string name;
};

class Opening {
 public:
  Opening(store::SecretsRepository& secrets, const MasterKeySource& source)
      : secrets_(secrets), source_(source), generated_key_(secrets, source) {}

  core::Result<void> choose_master_key();
  core::Result<core::Secret> unwrap(const std::string& row);
  /// A data key without the pepper that is always stored before it means that the row was lost.
  core::Result<void> check_pepper_not_lost();
  std::vector<std::string> take_warnings();
  [[nodiscard]] bool generated() const noexcept { return source_.current.empty(); }

 private:
  core::Result<void> add_generated();
  core::Result<void> rewrap(const std::string& row, const std::string& stored, const core::Secret& value,
                            const Candidate& under, bool& lost_race);
  [[nodiscard]] const Candidate* opens(const std::string& row, const std::string& stored,
                                       core::Secret& value) const;
  [[nodiscard]] core::Error wrong_key(const std::string& row) const;

  store::SecretsRepository& secrets_;
  const MasterKeySource& source_;
  GeneratedMasterKey generated_key_;
  std::vector<Candidate> candidates_;  // the first one wraps
  std::vector<std::string> notes_;
  std::string still_under_;
  bool opened_any_ = false;
};

core::Result<void> check_length(const core::Secret& key, const std::string& name) {
  if (key.empty() || key.size() == kMasterKeyBytes) return {};
  return core::fail(core::ErrorCode::invalid_configuration, name + " must be 32 bytes in base64");
}

core::Result<void> Opening::choose_master_key() {
  if (auto ok = check_length(source_.current, "GATEWAY_MASTER_KEY"); !ok) return ok;
  if (auto ok = check_length(source_.previous, "GATEWAY_MASTER_KEY_PREVIOUS"); !ok) return ok;
  if (!source_.current.empty()) candidates_.push_back({source_.current, "GATEWAY_MASTER_KEY"});
  if (auto ok = add_generated(); !ok) return ok;
  if (!source_.previous.empty()) {
    // Behind the current one, before a generated one that no longer counts.
    candidates_.insert(candidates_.begin() + 1, {source_.previous, "GATEWAY_MASTER_KEY_PREVIOUS"});
  }
  return {};
}

core::Result<void> Opening::add_generated() {
  // Read before the generated key: its writer stores that first, so seeing the pepper means seeing the key.
  auto pepper = secrets_.get(kPepperRow);
  if (!pepper) return std::unexpected(pepper.error());
  auto key = generated_key_.read();
  if (!key && key.error().code == core::ErrorCode::invalid_configuration && !generated()) {
    notes_.push_back(std::string(key.error().public_message()) + "; it is not used");
    return {};
  }
  if (!key) return std::unexpected(key.error());
  const std::string name = "the generated master key in " + generated_key_.where();
  if (*key) {
    candidates_.push_back({std::move(**key), name});
    return {};
  }
  if (!generated()) return {};
  const bool previous_opens = *pepper && !source_.previous.empty() &&
                              core::open(source_.previous, **pepper, context_of(kPepperRow)).has_value();
  if (*pepper && !previous_opens) {
    return core::fail(
        core::ErrorCode::invalid_configuration,
        "GATEWAY_MASTER_KEY is not set, but the stored secrets are wrapped under one: set it to the "
        "key that this installation was using (no generated key exists in " +
            generated_key_.where() + ")");
  }
  auto made = generated_key_.create();
  if (!made) return std::unexpected(made.error());
  candidates_.push_back({std::move(*made), name});
  return {};
}

const Candidate* Opening::opens(const std::string& row, const std::string& stored,
                                core::Secret& value) const {
  for (const Candidate& candidate : candidates_) {
    auto opened = core::open(candidate.key, stored, context_of(row));
    if (!opened || opened->size() != kMasterKeyBytes) continue;
    value = std::move(*opened);
    return &candidate;
  }
  return nullptr;
}

core::Error Opening::wrong_key(const std::string& row) const {
  if (opened_any_) {
    return core::Error(
        core::ErrorCode::invalid_configuration,
        "the stored " + row +
            " does not open although the master key is right: its row was altered or comes from "
            "another installation");
  }
  std::string tried;
  for (const Candidate& candidate : candidates_) {
    tried += (tried.empty() ? "" : ", ") + candidate.name;
  }
  return core::Error(
      core::ErrorCode::invalid_configuration,
      "the stored " + row + " does not open under " + tried +
          ": the master key is wrong or the row was altered. Set GATEWAY_MASTER_KEY to the key it "
          "was wrapped under, or that key as GATEWAY_MASTER_KEY_PREVIOUS to rotate");
}

core::Result<core::Secret> Opening::unwrap(const std::string& row) {
  for (int round = 0; round < kMaxRounds; ++round) {
    auto read = secrets_.get(row);
    if (!read) return std::unexpected(read.error());
    std::string stored;
    if (*read) {
      stored = std::move(**read);
    } else {
      auto sealed = core::seal(candidates_.front().key, random_key().reveal(), context_of(row));
      if (!sealed) return std::unexpected(sealed.error());
      auto agreed = secrets_.put_if_absent(row, *sealed);
      if (!agreed) return std::unexpected(agreed.error());
      stored = std::move(*agreed);
    }
    core::Secret value;
    const Candidate* under = opens(row, stored, value);
    if (under == nullptr) return std::unexpected(wrong_key(row));
    opened_any_ = true;
    if (under == &candidates_.front()) return value;
    bool lost_race = false;
    if (auto ok = rewrap(row, stored, value, *under, lost_race); !ok) return std::unexpected(ok.error());
    if (!lost_race) return value;
  }
  return core::fail(core::ErrorCode::store_unavailable, {}, "the stored " + row + " keeps changing");
}

core::Result<void> Opening::rewrap(const std::string& row, const std::string& stored,
                                   const core::Secret& value, const Candidate& under, bool& lost_race) {
  auto sealed = core::seal(candidates_.front().key, value.reveal(), context_of(row));
  if (!sealed) return std::unexpected(sealed.error());
  if (auto replaced = secrets_.replace(row, stored, *sealed); !replaced) {
    lost_race = replaced.error().code == core::ErrorCode::conflict;
    // The secret is open: a store that cannot be written now is no reason not to serve.
    if (!lost_race) still_under_ += (still_under_.empty() ? "" : ", ") + row + " (" + under.name + ")";
    return {};
  }
  notes_.push_back("the stored " + row + " was wrapped under " + under.name + " and is now under " +
                   candidates_.front().name);
  return {};
}

core::Result<void> Opening::check_pepper_not_lost() {
  auto pepper = secrets_.get(kPepperRow);
  if (!pepper) return std::unexpected(pepper.error());
  if (*pepper) return {};
  auto data_key = secrets_.get(kDataKeyRow);
  if (!data_key) return std::unexpected(data_key.error());
  if (!*data_key) return {};
  // Another process may have stored both between the two reads.
  pepper = secrets_.get(kPepperRow);
  if (!pepper) return std::unexpected(pepper.error());
  if (*pepper) return {};
  return core::fail(
      core::ErrorCode::invalid_configuration,
      "the stored pepper is missing although this installation has a data key: restore the pepper "
      "from a backup, without it no virtual key can be recognised");
}

std::vector<std::string> Opening::take_warnings() {
  std::vector<std::string> out = std::move(notes_);
  out.insert(out.end(), generated_key_.warnings().begin(), generated_key_.warnings().end());
  if (!still_under_.empty())
    out.push_back("could not be re-wrapped under the current master key yet: " + still_under_);
  if (generated()) {
    out.push_back("GATEWAY_MASTER_KEY is not set: " + candidates_.front().name +
                  " is used. Whoever reads it can open every stored credential; set GATEWAY_MASTER_KEY");
  }
  if (!source_.previous.empty() && still_under_.empty()) {
    out.emplace_back(
        "nothing is wrapped under GATEWAY_MASTER_KEY_PREVIOUS any more: remove it once every replica has the "
        "new key");
  }
  return out;
}

}  // namespace

core::Result<std::shared_ptr<Keyring>> Keyring::open(store::SecretsRepository& secrets,
                                                     const MasterKeySource& source) {
  Opening opening(secrets, source);
  if (auto ok = opening.choose_master_key(); !ok) return std::unexpected(ok.error());
  if (auto ok = opening.check_pepper_not_lost(); !ok) return std::unexpected(ok.error());
  auto pepper = opening.unwrap(kPepperRow);
  if (!pepper) return std::unexpected(pepper.error());
  auto data_key = opening.unwrap(kDataKeyRow);
  if (!data_key) return std::unexpected(data_key.error());

  std::shared_ptr<Keyring> keyring(new Keyring);
  keyring->pepper_ = std::move(*pepper);
  keyring->data_key_ = std::move(*data_key);
  keyring->warnings_ = opening.take_warnings();
  keyring->generated_ = opening.generated();
  return keyring;
}

core::Digest Keyring::hash(std::string_view token) const {
  return hasher()(token);
}

core::Hmac Keyring::hasher() const {
  return core::Hmac(pepper_.reveal());
}

core::Result<std::string> Keyring::seal(std::string_view plaintext, std::string_view context) const {
  return core::seal(data_key_, plaintext, context);
}

core::Result<core::Secret> Keyring::open(std::string_view sealed, std::string_view context) const {
  return core::open(data_key_, sealed, context);
}

}  // namespace relayna::identity
