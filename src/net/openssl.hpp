#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "relayna/core/result.hpp"

namespace relayna::net {

template <auto Free>
struct OpenSslFree {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using SslPtr = std::unique_ptr<SSL, OpenSslFree<SSL_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, OpenSslFree<SSL_CTX_free>>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, OpenSslFree<SSL_SESSION_free>>;
using BioPtr = std::unique_ptr<BIO, OpenSslFree<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;

/// The reason of the oldest queued error in words, and empties the queue.
std::string openssl_reason();

/// invalid_configuration with the system's reason when `file` cannot be opened; `what` names its role.
core::Result<void> check_readable(const char* what, const std::string& file);

/// What both sides of TLS have in common: TLS 1.2 or later, no renegotiation, no compression, buffers given
/// back when idle.
void apply_common_settings(SSL_CTX* context);

/// ALPN's wire form of `http/1.1`.
inline constexpr unsigned char kAlpnHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

}  // namespace relayna::net
