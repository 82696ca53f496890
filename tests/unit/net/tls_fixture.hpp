#pragma once

#include <cstdlib>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "relayna/net/tls.hpp"

#include "net/tls_stream.hpp"
#include "support/certificates.hpp"
#include "support/loop.hpp"
#include "support/sockets.hpp"
#include "support/temp_dir.hpp"

namespace relayna::net {

/// Both ends of TLS connections over loopback, with an authority the client trusts.
class TlsFixture : public ::testing::Test {
 protected:
  using StreamResult = core::Result<std::unique_ptr<Stream>>;

  test::Loop loop;
  test::TempDir files;
  test::CertificateAuthority authority;
  std::string cert_file = files.path("cert.pem");
  std::string key_file = files.path("key.pem");
  std::string ca_file = files.write("ca.pem", authority.pem());
  std::shared_ptr<TlsServerContext> server;
  std::shared_ptr<TlsClientContext> client;
  std::optional<StreamResult> accepted;
  std::optional<StreamResult> connected;

  void SetUp() override {
    ::setenv("SSL_CERT_FILE", files.path("no-system-roots").c_str(),
             1);  // the machine's own do not matter here
    ::unsetenv("SSL_CERT_DIR");
    install(authority.issue("DNS:localhost,DNS:api.example.com,IP:127.0.0.1"));
    server = TlsServerContext::load(cert_file, key_file).value();
    client = TlsClientContext::create(ca_file).value();
  }

  void install(const test::Certificate& certificate) {
    files.write("cert.pem", certificate.cert);
    files.write("key.pem", certificate.key);
  }

  /// Runs one handshake of each side to its end.
  void handshake(const std::string& host = "localhost", int buffer = 0) {
    auto pair = test::connected_pair(loop.shard, buffer);
    accepted.reset();
    connected.reset();
    const auto deadline = core::Deadline::in(loop.shard.clock(), std::chrono::seconds(10));
    loop.shard.tasks().spawn(accept_into(this, std::move(pair.a), deadline));
    loop.shard.tasks().spawn(connect_into(this, std::move(pair.b), host, deadline, nullptr));
    ASSERT_TRUE(loop.until([&] { return accepted && connected; }));
  }

  Stream& at_server() { return ***accepted; }
  Stream& at_client() { return ***connected; }
  static SSL* ssl_of(Stream& stream) { return dynamic_cast<TlsStream&>(stream).ssl(); }

  static runtime::Task<void> accept_into(TlsFixture* self, Socket socket, core::Deadline deadline) {
    self->accepted = co_await self->server->accept(self->loop.shard, std::move(socket), deadline);
  }
  static runtime::Task<void> connect_into(TlsFixture* self, Socket socket, std::string host,
                                          core::Deadline deadline, runtime::StopSource* stop) {
    self->connected =
        co_await self->client->connect(self->loop.shard, std::move(socket), std::move(host), deadline, stop);
  }
};

}  // namespace relayna::net
