#include "net/openssl.hpp"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <openssl/err.h>

namespace relayna::net {

std::string openssl_reason() {
  const auto code = ERR_get_error();
  std::string text = "no reason given";
  if (const char* reason = ERR_reason_error_string(code); reason != nullptr) text = reason;
  ERR_clear_error();
  return text;
}

core::Result<void> check_readable(const char* what, const std::string& file) {
  errno = 0;
  const BioPtr bio(BIO_new_file(file.c_str(), "r"));
  if (bio) return {};
  const int error = errno;
  ERR_clear_error();
  return core::fail(core::ErrorCode::invalid_configuration,
                    fmt::format("{} {}: {}", what, file, std::strerror(error)));
}

void apply_common_settings(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One recv per record instead of two (header, then body).
  SSL_CTX_set_read_ahead(context, 1);
}

}  // namespace relayna::net
