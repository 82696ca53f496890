#include "relayna/core/crypto.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "relayna/core/encoding.hpp"

namespace relayna::core {

namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::string_view kSealVersion = "v1:";

/// OpenSSL fails here only without memory or without its default provider: nothing can go on.
[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "fatal: OpenSSL cannot provide %s\n", what);
  std::abort();
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Algorithms are fetched once; a fetch per call costs more than the hash.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const md = [] {
    const EVP_MD* fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (fetched == nullptr) die("SHA-256");
    return fetched;
  }();
  return md;
}

const EVP_CIPHER* gcm_algorithm() {
  static const EVP_CIPHER* const cipher = [] {
    const EVP_CIPHER* fetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    if (fetched == nullptr) die("AES-256-GCM");
    return fetched;
  }();
  return cipher;
}

struct FreeDigest {
  void operator()(EVP_MD_CTX* ctx) const { EVP_MD_CTX_free(ctx); }
};
struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* ctx) const { EVP_CIPHER_CTX_free(ctx); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

std::unexpected<Error> seal_failure(std::string detail) {
  return fail(ErrorCode::invalid_configuration, "A stored secret could not be encrypted or decrypted.",
              std::move(detail));
}

bool too_long(std::size_t bytes) {
  return bytes > std::numeric_limits<int>::max() / 2;
}

}  // namespace

Digest sha256(std::string_view data) {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeDigest> ctx(EVP_MD_CTX_new());
  Digest out;
  if (ctx == nullptr || EVP_DigestInit_ex2(ctx.get(), sha256_algorithm(), nullptr) != 1 ||
      EVP_DigestUpdate(ctx.get(), data.data(), data.size()) != 1 ||
      EVP_DigestFinal_ex(ctx.get(), out.data(), nullptr) != 1) {
    die("SHA-256");
  }
  return out;
}

struct Hmac::State {
  EVP_MAC_CTX* ctx = nullptr;
};

Hmac::Hmac(std::string_view key) : state_(new State) {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  if (mac != nullptr) state_->ctx = EVP_MAC_CTX_new(mac);
  EVP_MAC_free(mac);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  // A null key means "keep the last one" to OpenSSL, so an empty key still needs an address.
  const unsigned char none = 0;
  const unsigned char* start = key.empty() ? &none : bytes_of(key);
  if (state_->ctx == nullptr || EVP_MAC_init(state_->ctx, start, key.size(), params) != 1) die("HMAC-SHA256");
}

Hmac::~Hmac() {
  if (state_ != nullptr) EVP_MAC_CTX_free(state_->ctx);
  delete state_;
}

Hmac::Hmac(Hmac&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}

Hmac& Hmac::operator=(Hmac&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

Digest Hmac::operator()(std::string_view message) {
  Digest out;
  std::size_t written = 0;
  // Re-initialising without a key restarts from the key's prepared inner state.
  if (EVP_MAC_init(state_->ctx, nullptr, 0, nullptr) != 1 ||
      EVP_MAC_update(state_->ctx, bytes_of(message), message.size()) != 1 ||
      EVP_MAC_final(state_->ctx, out.data(), &written, out.size()) != 1 || written != out.size()) {
    die("HMAC-SHA256");
  }
  return out;
}

bool constant_time_equal(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

Result<std::string> seal(const Secret& key32, std::string_view plaintext, std::string_view context) {
  if (key32.size() != kKeyBytes) return seal_failure("the sealing key must be 32 bytes");
  if (too_long(plaintext.size()) || too_long(context.size())) return seal_failure("too long to seal");
  std::string blob(kNonceBytes + plaintext.size() + kTagBytes, '\0');
  auto* const nonce = reinterpret_cast<unsigned char*>(blob.data());
  auto* const body = nonce + kNonceBytes;
  random_bytes({nonce, kNonceBytes});

  const CipherContext ctx(EVP_CIPHER_CTX_new());
  int written = 0;
  int last = 0;
  if (ctx == nullptr ||
      EVP_EncryptInit_ex2(ctx.get(), gcm_algorithm(), bytes_of(key32.reveal()), nonce, nullptr) != 1 ||
      EVP_EncryptUpdate(ctx.get(), nullptr, &written, bytes_of(context), static_cast<int>(context.size())) !=
          1 ||
      EVP_EncryptUpdate(ctx.get(), body, &written, bytes_of(plaintext), static_cast<int>(plaintext.size())) !=
          1 ||
      EVP_EncryptFinal_ex(ctx.get(), body + written, &last) != 1 ||
      EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, body + plaintext.size()) != 1) {
    return seal_failure("AES-256-GCM failed");
  }
  return std::string(kSealVersion) + to_base64(blob);
}

Result<Secret> open(const Secret& key32, std::string_view sealed, std::string_view context) {
  if (key32.size() != kKeyBytes) return seal_failure("the sealing key must be 32 bytes");
  if (!sealed.starts_with(kSealVersion)) return seal_failure("sealed text of an unknown version");
  auto blob = from_base64(sealed.substr(kSealVersion.size()));
  if (!blob || blob->size() < kNonceBytes + kTagBytes) return seal_failure("sealed text is malformed");
  if (too_long(blob->size()) || too_long(context.size())) return seal_failure("too long to open");
  auto* const nonce = reinterpret_cast<unsigned char*>(blob->data());
  auto* const body = nonce + kNonceBytes;
  const std::size_t length = blob->size() - kNonceBytes - kTagBytes;
  std::string plain(length, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(plain.data());

  const CipherContext ctx(EVP_CIPHER_CTX_new());
  int written = 0;
  int last = 0;
  const bool opened =
      ctx != nullptr &&
      EVP_DecryptInit_ex2(ctx.get(), gcm_algorithm(), bytes_of(key32.reveal()), nonce, nullptr) == 1 &&
      EVP_DecryptUpdate(ctx.get(), nullptr, &written, bytes_of(context), static_cast<int>(context.size())) ==
          1 &&
      EVP_DecryptUpdate(ctx.get(), out, &written, body, static_cast<int>(length)) == 1 &&
      EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, body + length) == 1 &&
      EVP_DecryptFinal_ex(ctx.get(), out + written, &last) == 1;
  if (!opened) {
    OPENSSL_cleanse(plain.data(), plain.size());
    return seal_failure("wrong key, altered text or moved from elsewhere");
  }
  return Secret(std::move(plain));
}

Result<Digest> scrypt(const Secret& password, std::string_view salt, ScryptCost cost) {
  constexpr std::uint64_t kMaxMemory = std::uint64_t{256} << 20U;
  constexpr unsigned kMaxLog2 = 20;
  Digest out;
  if (cost.log2_n == 0 || cost.log2_n > kMaxLog2 ||
      EVP_PBE_scrypt(password.reveal().data(), password.size(), bytes_of(salt), salt.size(),
                     std::uint64_t{1} << cost.log2_n, cost.r, cost.p, kMaxMemory, out.data(),
                     out.size()) != 1) {
    return fail(ErrorCode::invalid_request, "the cost of the password hash is out of bounds");
  }
  return out;
}

void random_bytes(std::span<std::uint8_t> out) {
  constexpr std::size_t kLargestPiece = std::size_t{1} << 30U;
  while (!out.empty()) {
    const std::size_t piece = std::min(out.size(), kLargestPiece);
    if (RAND_bytes(out.data(), static_cast<int>(piece)) != 1) die("random bytes");
    out = out.subspan(piece);
  }
}

}  // namespace relayna::core
