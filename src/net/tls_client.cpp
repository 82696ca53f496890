#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "relayna/net/address.hpp"
#include "relayna/net/tls.hpp"
#include "relayna/runtime/stop.hpp"

#include "net/errors.hpp"
#include "net/tls_sessions.hpp"
#include "net/tls_stream.hpp"

namespace relayna::net {
namespace {

using core::ErrorCode;

// Reached from OpenSSL's new-session callback through the SSL object; lives as long as the stream.
struct SessionOwner {
  std::shared_ptr<TlsSessions> sessions;
  std::string host;
};

int remember_session(SSL* ssl, SSL_SESSION* session) {
  auto* owner = static_cast<SessionOwner*>(SSL_get_app_data(ssl));
  if (owner == nullptr) return 0;
  owner->sessions->put(owner->host, SslSessionPtr(session));
  return 1;  // the reference is ours now
}

// Whether `dir` has the `xxxxxxxx.0` links that OpenSSL looks certificates up by.
bool is_hashed(const char* dir) {
  std::error_code ec;
  for (const auto& file : std::filesystem::directory_iterator(dir, ec)) {
    const auto name = file.path().filename().string();
    if (name.size() == 10 && name.ends_with(".0")) return true;
  }
  return false;
}

// The system's roots. From a hashed directory each is read when it is first needed; reading the bundle costs
// 60 ms at start and 2 MB.
bool load_system_roots(SSL_CTX* context) {
  if (std::getenv(X509_get_default_cert_file_env()) == nullptr) {
    const char* dir = std::getenv(X509_get_default_cert_dir_env());
    if (is_hashed(dir != nullptr ? dir : X509_get_default_cert_dir())) {
      return SSL_CTX_set_default_verify_dir(context) == 1;
    }
  }
  return SSL_CTX_set_default_verify_paths(context) == 1;
}

core::Result<void> load_roots(SSL_CTX* context, const std::string& extra_ca_file) {
  if (!load_system_roots(context)) {
    return core::fail(ErrorCode::invalid_configuration, "the system's CA certificates cannot be loaded",
                      openssl_reason());
  }
  ERR_clear_error();
  if (extra_ca_file.empty()) return {};
  if (auto readable = check_readable("CA file", extra_ca_file); !readable) return readable;
  if (SSL_CTX_load_verify_file(context, extra_ca_file.c_str()) != 1) {
    return core::fail(
        ErrorCode::invalid_configuration,
        fmt::format("CA file {}: no PEM certificate can be read ({})", extra_ca_file, openssl_reason()));
  }
  return {};
}

// Host name or address that the certificate must be for. False when OpenSSL refuses it.
bool expect_host(SSL* ssl, const std::string& host) {
  boost::system::error_code not_address;
  boost::asio::ip::make_address(host, not_address);
  if (!not_address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

class ClientContext final : public TlsClientContext {
 public:
  explicit ClientContext(SslContextPtr context)
      : context_(std::move(context)), sessions_(std::make_shared<TlsSessions>()) {}

  runtime::Task<core::Result<std::unique_ptr<Stream>>> connect(runtime::Shard& shard, Socket socket,
                                                               std::string host, core::Deadline deadline,
                                                               runtime::StopSource* stop) override {
    ERR_clear_error();
    SslPtr ssl(SSL_new(context_.get()));
    if (!ssl || !expect_host(ssl.get(), host)) {
      co_return std::unexpected(
          setup_failed(IoStatus::tls_error, "TLS handshake with " + host, openssl_reason()));
    }
    auto owner = std::make_shared<SessionOwner>(sessions_, host);
    SSL_set_app_data(ssl.get(), owner.get());
    if (const auto session = sessions_->take(host)) SSL_set_session(ssl.get(), session.get());
    SSL_set_connect_state(ssl.get());

    auto stream = std::make_unique<TlsStream>(shard, std::move(socket), std::move(ssl), std::move(owner));
    stream->expires_at(deadline);
    IoStatus status;
    {
      runtime::StopCallback on_stop(stop, [raw = stream.get()] { raw->cancel(); });
      status = co_await stream->handshake();
    }
    if (status != IoStatus::ok) {
      co_return std::unexpected(setup_failed(status, "TLS handshake with " + host, stream->reason()));
    }
    stream->expires_never();
    co_return std::unique_ptr<Stream>(std::move(stream));
  }

 private:
  SslContextPtr context_;
  std::shared_ptr<TlsSessions> sessions_;
};

}  // namespace

core::Result<std::shared_ptr<TlsClientContext>> TlsClientContext::create(const std::string& extra_ca_file) {
  SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  apply_common_settings(context.get());
  if (auto loaded = load_roots(context.get(), extra_ca_file); !loaded) {
    return std::unexpected(loaded.error());
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_alpn_protos(context.get(), kAlpnHttp11, sizeof kAlpnHttp11);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context.get(), remember_session);
  return std::make_shared<ClientContext>(std::move(context));
}

}  // namespace relayna::net
