#pragma once

#include <optional>
#include <string>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/core/secret.hpp"
#include "relayna/identity/keyring.hpp"
#include "relayna/store/store.hpp"

#include "identity/data_key_text.hpp"
#include "identity/master_key.hpp"

namespace relayna::identity {

inline constexpr const char* kPepperRow = "pepper";
inline constexpr const char* kDataKeyRow = "data_key";
/// Only during a rotation; empty or absent otherwise.
inline constexpr const char* kNextDataKeyRow = "data_key_next";

/// The installation's secrets as they are stored: each wrapped under a master key. One use after another.
class WrappedSecrets {
 public:
  /// Both outlive it.
  WrappedSecrets(store::SecretsRepository& secrets, const MasterKeySource& source)
      : secrets_(secrets), source_(source), generated_key_(secrets, source) {}

  /// First of all.
  core::Result<void> choose_master_key();
  /// A data key without the pepper that is always stored before it means that the row was lost.
  core::Result<void> check_pepper_not_lost();

  struct Opened {
    KeyLabel label;
    core::Secret value;
  };
  /// Opens the row, which is re-wrapped when it was not under the current master key. A row that is not
  /// there, or empty: a random one is made when `make_missing`, else nullopt.
  core::Result<std::optional<Opened>> unwrap(const std::string& row, bool make_missing);
  /// `value` as the row would hold it, under the current master key.
  core::Result<std::string> wrap(const std::string& row, const KeyLabel& label,
                                 const core::Secret& value) const;
  /// Which master key the row is wrapped under; nullopt when the row is not there.
  core::Result<std::optional<Wrapping>> inspect(const std::string& row) const;

  std::vector<std::string> take_warnings();
  [[nodiscard]] bool generated() const noexcept { return source_.current.empty(); }

 private:
  /// A master key that stored secrets may be wrapped under, and what to call it.
  struct Candidate {
    core::Secret key;
    std::string name;
  };
  core::Result<void> add_generated();
  /// nullopt: not there, or empty.
  core::Result<std::optional<std::string>> read(const std::string& row) const;
  core::Result<void> rewrap(const std::string& row, const std::string& stored, const Opened& opened,
                            const Candidate& under, bool& lost_race);
  [[nodiscard]] const Candidate* opens(const std::string& row, std::string_view stored, Opened& opened) const;
  [[nodiscard]] core::Error wrong_key(const std::string& row) const;

  store::SecretsRepository& secrets_;
  const MasterKeySource& source_;
  GeneratedMasterKey generated_key_;
  std::vector<Candidate> candidates_;  // the first one wraps
  std::vector<std::string> notes_;
  std::string still_under_;
  bool opened_any_ = false;
};

}  // namespace relayna::identity
