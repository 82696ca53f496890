#include "relayna/core/secret.hpp"

#include <openssl/crypto.h>

#include "relayna/core/crypto.hpp"

namespace relayna::core {

Secret::Secret(Secret&& other) noexcept : value_(std::move(other.value_)) {
  // A short string is copied by the move, so the source still holds its bytes.
  other.wipe();
}

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe();
    value_ = other.value_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    value_ = std::move(other.value_);
    other.wipe();
  }
  return *this;
}

bool operator==(const Secret& a, const Secret& b) noexcept {
  return constant_time_equal(a.value_, b.value_);
}

void Secret::wipe() noexcept {
  // Up to the capacity, because an earlier, longer value may have lived there. Growing to it allocates
  // nothing.
  value_.resize(value_.capacity());
  OPENSSL_cleanse(value_.data(), value_.size());
  value_.clear();
}

}  // namespace relayna::core
