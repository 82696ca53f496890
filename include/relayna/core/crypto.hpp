#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "relayna/core/result.hpp"
#include "relayna/core/secret.hpp"

namespace relayna::core {

/// SHA-256 or HMAC-SHA256 output.
using Digest = std::array<std::uint8_t, 32>;

struct DigestHash {
  std::size_t operator()(const Digest& d) const noexcept {
    std::size_t h;
    static_assert(sizeof h <= sizeof d);
    __builtin_memcpy(&h, d.data(), sizeof h);
    return h;
  }
};

Digest sha256(std::string_view data);

/// HMAC-SHA256 under one key, set up once and reused: about 0.5 µs a call. One thread at a time.
class Hmac {
 public:
  explicit Hmac(std::string_view key);
  ~Hmac();
  Hmac(Hmac&&) noexcept;
  Hmac& operator=(Hmac&&) noexcept;
  Digest operator()(std::string_view message);

 private:
  struct State;
  State* state_;
};

/// True when equal; takes the same time whatever differs. Different lengths are unequal at once.
bool constant_time_equal(std::string_view a, std::string_view b) noexcept;

/// AES-256-GCM with a random 96-bit nonce. The sealed form is `v1:` + base64(nonce ‖ ciphertext ‖ tag).
/// `context` is authenticated but not stored (the row and column the secret belongs to), so a ciphertext
/// moved elsewhere does not open.
Result<std::string> seal(const Secret& key32, std::string_view plaintext, std::string_view context);
/// The error is invalid_configuration when the key is wrong, the text was altered or the context differs.
Result<Secret> open(const Secret& key32, std::string_view sealed, std::string_view context);

/// What a guess costs: time in N·r·p, memory in N·r·128 bytes.
struct ScryptCost {
  unsigned log2_n = 15;
  unsigned r = 8;
  unsigned p = 3;
};
/// scrypt (RFC 7914): slow on purpose, for passwords only. invalid_request when `cost` is out of bounds or
/// needs over 256 MB. Blocks for about a fifth of a second with the cost above.
Result<Digest> scrypt(const Secret& password, std::string_view salt, ScryptCost cost);

/// Cryptographically random bytes from OpenSSL; aborts the process when the system has none.
void random_bytes(std::span<std::uint8_t> out);

}  // namespace relayna::core
