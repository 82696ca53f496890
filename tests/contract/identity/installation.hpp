#pragma once

#include <memory>

#include "relayna/identity/keyring.hpp"

#include "../store/backend.hpp"

namespace relayna::test {

/// A migrated store and the keyring of its installation.
class Installation : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    keyring_ = open_keyring(store());
  }
  /// As another replica would, over a store of its own.
  static std::shared_ptr<identity::Keyring> open_keyring(store::Store& store) {
    identity::MasterKeySource source;
    source.current = core::Secret(std::string(32, 'm'));
    auto keyring = identity::Keyring::open(store.secrets(), source);
    EXPECT_TRUE(keyring) << keyring.error().describe();
    return keyring ? *keyring : nullptr;
  }
  identity::Keyring& keyring() { return *keyring_; }

  core::FakeClock clock_;

 private:
  std::shared_ptr<identity::Keyring> keyring_;
};

}  // namespace relayna::test
