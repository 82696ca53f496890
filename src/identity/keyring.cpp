#include "relayna/identity/keyring.hpp"

#include <utility>

#include "identity/data_keys.hpp"
#include "identity/wrapped_secrets.hpp"

namespace relayna::identity {

Keyring::Keyring(store::SecretsRepository& secrets, const MasterKeySource& source)
    : secrets_(secrets), source_(source), data_keys_(std::make_unique<DataKeys>(secrets, source)) {}

Keyring::~Keyring() = default;

core::Result<std::shared_ptr<Keyring>> Keyring::open(store::SecretsRepository& secrets,
                                                     const MasterKeySource& source) {
  WrappedSecrets wrapped(secrets, source);
  if (auto ok = wrapped.choose_master_key(); !ok) return std::unexpected(ok.error());
  if (auto ok = wrapped.check_pepper_not_lost(); !ok) return std::unexpected(ok.error());
  auto pepper = wrapped.unwrap(kPepperRow, true);
  if (!pepper) return std::unexpected(pepper.error());

  std::shared_ptr<Keyring> keyring(new Keyring(secrets, source));
  keyring->pepper_ = std::move((*pepper)->value);
  if (auto ok = keyring->data_keys_->load(wrapped); !ok) return std::unexpected(ok.error());
  keyring->warnings_ = wrapped.take_warnings();
  keyring->generated_ = wrapped.generated();
  return keyring;
}

core::Digest Keyring::hash(std::string_view token) const {
  return hasher()(token);
}

core::Hmac Keyring::hasher() const {
  return core::Hmac(pepper_.reveal());
}

core::Result<std::string> Keyring::seal(std::string_view plaintext, std::string_view context) const {
  return data_keys_->seal(plaintext, context);
}

core::Result<core::Secret> Keyring::open(std::string_view sealed, std::string_view context) const {
  return data_keys_->open(sealed, context);
}

core::Result<std::vector<Wrapping>> Keyring::wrappings() const {
  WrappedSecrets wrapped(secrets_, source_);
  if (auto ok = wrapped.choose_master_key(); !ok) return std::unexpected(ok.error());
  std::vector<Wrapping> all;
  for (const char* row : {kPepperRow, kDataKeyRow, kNextDataKeyRow}) {
    auto wrapping = wrapped.inspect(row);
    if (!wrapping) return std::unexpected(wrapping.error());
    if (*wrapping) all.push_back(std::move(**wrapping));
  }
  return all;
}

}  // namespace relayna::identity
