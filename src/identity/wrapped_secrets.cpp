#include "identity/wrapped_secrets.hpp"

#include <utility>

#include "relayna/core/crypto.hpp"

namespace relayna::identity {
namespace {

/// Races with other starting processes end after a round or two; this only keeps a broken store from looping.
constexpr int kMaxRounds = 8;

std::string context_of(const std::string& row) {
  return "installation_secrets:" + row;
}

core::Result<void> check_length(const core::Secret& key, const std::string& name) {
  if (key.empty() || key.size() == kMasterKeyBytes) return {};
  return core::fail(core::ErrorCode::invalid_configuration, name + " must be 32 bytes in base64");
}

}  // namespace

core::Result<void> WrappedSecrets::choose_master_key() {
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

core::Result<void> WrappedSecrets::add_generated() {
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

const WrappedSecrets::Candidate* WrappedSecrets::opens(const std::string& row, std::string_view stored,
                                                       Opened& opened) const {
  const auto [label, wrapped] = split_label(stored);
  for (const Candidate& candidate : candidates_) {
    auto value = core::open(candidate.key, wrapped, context_of(row));
    if (!value || value->size() != kMasterKeyBytes) continue;
    opened = {.label = parse_label(label), .value = std::move(*value)};
    return &candidate;
  }
  return nullptr;
}

core::Error WrappedSecrets::wrong_key(const std::string& row) const {
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

core::Result<std::optional<std::string>> WrappedSecrets::read(const std::string& row) const {
  auto stored = secrets_.get(row);
  if (stored && *stored && (*stored)->empty()) return std::nullopt;
  return stored;
}

core::Result<std::string> WrappedSecrets::wrap(const std::string& row, const KeyLabel& label,
                                               const core::Secret& value) const {
  auto sealed = core::seal(candidates_.front().key, value.reveal(), context_of(row));
  if (!sealed) return std::unexpected(sealed.error());
  return label.text() + *sealed;
}

core::Result<std::optional<WrappedSecrets::Opened>> WrappedSecrets::unwrap(const std::string& row,
                                                                           bool make_missing) {
  for (int round = 0; round < kMaxRounds; ++round) {
    auto stored = read(row);
    if (!stored) return std::unexpected(stored.error());
    if (!*stored) {
      if (!make_missing) return std::nullopt;
      auto made = wrap(row, {}, random_key());
      if (!made) return std::unexpected(made.error());
      auto agreed = secrets_.put_if_absent(row, *made);
      if (!agreed) return std::unexpected(agreed.error());
      stored = std::move(*agreed);
    }
    Opened opened;
    const Candidate* under = opens(row, **stored, opened);
    if (under == nullptr) return std::unexpected(wrong_key(row));
    opened_any_ = true;
    if (under == &candidates_.front()) return opened;
    bool lost_race = false;
    if (auto ok = rewrap(row, **stored, opened, *under, lost_race); !ok) return std::unexpected(ok.error());
    if (!lost_race) return opened;
  }
  return core::fail(core::ErrorCode::store_unavailable, {}, "the stored " + row + " keeps changing");
}

core::Result<void> WrappedSecrets::rewrap(const std::string& row, const std::string& stored,
                                          const Opened& opened, const Candidate& under, bool& lost_race) {
  auto wrapped = wrap(row, opened.label, opened.value);
  if (!wrapped) return std::unexpected(wrapped.error());
  if (auto replaced = secrets_.replace(row, stored, *wrapped); !replaced) {
    lost_race = replaced.error().code == core::ErrorCode::conflict;
    // The secret is open: a store that cannot be written now is no reason not to serve.
    if (!lost_race) still_under_ += (still_under_.empty() ? "" : ", ") + row + " (" + under.name + ")";
    return {};
  }
  notes_.push_back("the stored " + row + " was wrapped under " + under.name + " and is now under " +
                   candidates_.front().name);
  return {};
}

core::Result<std::optional<Wrapping>> WrappedSecrets::inspect(const std::string& row) const {
  auto stored = read(row);
  if (!stored) return std::unexpected(stored.error());
  if (!*stored) return std::nullopt;
  Wrapping wrapping{.secret = row, .under = {}, .master_key_id = {}, .current = false};
  Opened opened;
  if (const Candidate* under = opens(row, **stored, opened)) {
    wrapping.under = under->name;
    wrapping.master_key_id = key_id(under->key);
    wrapping.current = under == &candidates_.front();
  }
  return wrapping;
}

core::Result<void> WrappedSecrets::check_pepper_not_lost() {
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

std::vector<std::string> WrappedSecrets::take_warnings() {
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

}  // namespace relayna::identity
