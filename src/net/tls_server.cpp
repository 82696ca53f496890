#include <mutex>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "relayna/net/tls.hpp"

#include "net/tls_stream.hpp"

namespace relayna::net {
namespace {

using core::ErrorCode;

std::unexpected<core::Error> bad_file(const char* what, const std::string& file, std::string_view why) {
  return core::fail(ErrorCode::invalid_configuration, fmt::format("{} {}: {}", what, file, why));
}

// Never asks on the terminal.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

core::Result<KeyPtr> read_key(const std::string& file) {
  if (auto readable = check_readable("TLS key file", file); !readable) {
    return std::unexpected(readable.error());
  }
  const BioPtr bio(BIO_new_file(file.c_str(), "r"));
  bool asked = false;
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, &asked));
  if (key) return key;
  const auto reason = openssl_reason();
  if (asked)
    return bad_file("TLS key file", file, "the key is encrypted with a passphrase; store it without");
  return bad_file("TLS key file", file, fmt::format("no PEM private key can be read ({})", reason));
}

// Takes http/1.1 when it is offered. A client that offers other protocols only is refused by an alert.
int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                unsigned offered_size, void*) {
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, out_size, kAlpnHttp11, sizeof kAlpnHttp11, offered, offered_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

core::Result<SslContextPtr> build_context(const std::string& cert_file, const std::string& key_file) {
  SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  apply_common_settings(context.get());
  // Tickets make resumption stateless; the server-side cache would only hold memory.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_alpn, nullptr);

  if (auto readable = check_readable("TLS certificate file", cert_file); !readable) {
    return std::unexpected(readable.error());
  }
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context.get(), cert_file.c_str()) != 1) {
    return bad_file("TLS certificate file", cert_file,
                    fmt::format("no PEM certificate can be read ({})", openssl_reason()));
  }
  auto key = read_key(key_file);
  if (!key) return std::unexpected(key.error());
  if (X509_check_private_key(SSL_CTX_get0_certificate(context.get()), key->get()) != 1) {
    ERR_clear_error();
    return bad_file("TLS key file", key_file,
                    fmt::format("the key does not match the certificate in {}", cert_file));
  }
  if (SSL_CTX_use_PrivateKey(context.get(), key->get()) != 1) {
    return bad_file("TLS key file", key_file, openssl_reason());
  }
  return context;
}

class ServerContext final : public TlsServerContext {
 public:
  ServerContext(std::string cert_file, std::string key_file, SslContextPtr context)
      : cert_file_(std::move(cert_file)), key_file_(std::move(key_file)), context_(std::move(context)) {}

  core::Result<void> reload() override {
    auto context = build_context(cert_file_, key_file_);
    if (!context) return std::unexpected(context.error());
    std::lock_guard lock(mutex_);
    context_ = std::move(*context);
    return {};
  }

  runtime::Task<core::Result<std::unique_ptr<Stream>>> accept(runtime::Shard& shard, Socket socket,
                                                              core::Deadline deadline) override {
    SslPtr ssl = new_session();
    if (!ssl) co_return core::fail(ErrorCode::internal_error, {}, openssl_reason());
    SSL_set_accept_state(ssl.get());
    auto stream = std::make_unique<TlsStream>(shard, std::move(socket), std::move(ssl));
    stream->expires_at(deadline);
    const auto status = co_await stream->handshake();
    if (status == IoStatus::timed_out) {
      co_return core::fail(ErrorCode::request_timeout, {}, "TLS handshake: timed out");
    }
    if (status != IoStatus::ok) {
      co_return core::fail(ErrorCode::client_closed, {}, fmt::format("TLS handshake: {}", stream->reason()));
    }
    stream->expires_never();
    co_return std::unique_ptr<Stream>(std::move(stream));
  }

 private:
  SslPtr new_session() {
    std::lock_guard lock(mutex_);  // against reload() on another thread
    return SslPtr(SSL_new(context_.get()));
  }

  const std::string cert_file_;
  const std::string key_file_;
  std::mutex mutex_;
  SslContextPtr context_;
};

}  // namespace

core::Result<std::shared_ptr<TlsServerContext>> TlsServerContext::load(const std::string& cert_file,
                                                                       const std::string& key_file) {
  auto context = build_context(cert_file, key_file);
  if (!context) return std::unexpected(context.error());
  return std::make_shared<ServerContext>(cert_file, key_file, std::move(*context));
}

}  // namespace relayna::net
