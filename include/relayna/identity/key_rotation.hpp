#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/core/time.hpp"
#include "relayna/identity/keyring.hpp"
#include "relayna/store/administration.hpp"

namespace relayna::identity {

/// Replaces the data key while gateways run: a new one is added, every stored credential is sealed anew under
/// it, and the old one is deleted when a count over all of them finds none left. Everything it needs to know
/// is in the store, so any process continues what another began, and several may at once; values can be read
/// all the time. Blocks: offload threads. The references outlive it.
class KeyRotation {
 public:
  /// A credential that was sealed under the old key just before the rotation began is stored by then, so the
  /// count sees it. A write ends within the store's statement timeout, which is far less.
  static constexpr std::chrono::seconds kSettling{60};

  struct Progress {
    bool running = false;
    std::string data_key_id;  ///< of the key in force; empty: the one made with the installation
    std::optional<core::SystemTime> begun_at;
    std::optional<core::SystemTime> old_key_kept_until;  ///< while running: the earliest end
    std::int64_t total = 0;                              ///< sealed values
    std::int64_t done = 0;                               ///< under the key in force
    std::int64_t remaining = 0;                          ///< under another one
    /// `providers/<id>`: no key opens them; they must be set anew or deleted.
    std::vector<std::string> unreadable;
  };

  KeyRotation(store::Administration& store, const Keyring& keyring, const core::Clock& clock);

  /// Counts. `remaining` = 0 while none is running proves that nothing is left under an older key.
  core::Result<Progress> progress();
  /// Adds the new key; nothing to do when a rotation is running.
  core::Result<void> begin();
  /// Seals at most a chunk of values anew, or ends the rotation when none are left and the time has come.
  /// Nothing to do when none is running. The progress afterwards.
  core::Result<Progress> step();
  /// Whether one is running, by two small reads.
  core::Result<bool> running();

 private:
  store::Administration& store_;
  const Keyring& keyring_;
  const core::Clock& clock_;
};

}  // namespace relayna::identity
