#include <openssl/ssl.h>

#include "tls_fixture.hpp"

namespace relayna::net {
namespace {

using namespace std::chrono_literals;
using core::ErrorCode;

class TlsContext : public TlsFixture {
 protected:
  std::string load_error() { return TlsServerContext::load(cert_file, key_file).error().message; }
  /// What the certificate of the server says its serial number is.
  long serial() {
    const std::unique_ptr<X509, void (*)(X509*)> cert(SSL_get1_peer_certificate(ssl_of(at_client())),
                                                      X509_free);
    return ASN1_INTEGER_get(X509_get_serialNumber(cert.get()));
  }
  /// The client's error; the server's side ends too.
  core::Error refused(const std::string& host) {
    handshake(host);
    EXPECT_FALSE(*connected);
    EXPECT_FALSE(*accepted);
    return connected->error();
  }
};

TEST_F(TlsContext, NegotiatesModernTlsAndHttp11) {
  handshake();
  ASSERT_TRUE(*accepted) << accepted->error().describe();
  ASSERT_TRUE(*connected) << connected->error().describe();
  EXPECT_EQ(SSL_version(ssl_of(at_client())), TLS1_3_VERSION);
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_of(at_server()), &protocol, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(protocol), size), "http/1.1");
  EXPECT_STREQ(SSL_get_servername(ssl_of(at_server()), TLSEXT_NAMETYPE_host_name), "localhost");
  EXPECT_TRUE(at_client().is_tls());
  EXPECT_TRUE(at_client().deadline().is_never()) << "the handshake's deadline must not outlive it";
  EXPECT_TRUE(at_server().deadline().is_never());
}

TEST_F(TlsContext, AddressLiteralsAreVerifiedAndSendNoServerName) {
  handshake("127.0.0.1");
  ASSERT_TRUE(*connected) << connected->error().describe();
  EXPECT_EQ(SSL_get_servername(ssl_of(at_server()), TLSEXT_NAMETYPE_host_name), nullptr);
  const auto error = refused("127.0.0.2");
  EXPECT_NE(error.detail.find("IP address mismatch"), std::string::npos) << error.detail;
}

TEST_F(TlsContext, WrongHostIsRefused) {
  const auto error = refused("other.example.com");
  EXPECT_EQ(error.code, ErrorCode::upstream_connection);
  EXPECT_EQ(error.message, "could not connect to the upstream");
  EXPECT_NE(error.detail.find("other.example.com"), std::string::npos) << error.detail;
  EXPECT_NE(error.detail.find("hostname mismatch"), std::string::npos) << error.detail;
}

TEST_F(TlsContext, UnknownAuthorityIsRefused) {
  client = TlsClientContext::create().value();
  const auto error = refused("localhost");
  EXPECT_EQ(error.code, ErrorCode::upstream_connection);
  EXPECT_NE(error.detail.find("unable to get local issuer certificate"), std::string::npos) << error.detail;
}

TEST_F(TlsContext, SystemRootsComeFromAFileOrAHashedDirectory) {
  ::setenv("SSL_CERT_FILE", ca_file.c_str(), 1);
  client = TlsClientContext::create().value();
  handshake();
  EXPECT_TRUE(*connected) << connected->error().describe();

  ::unsetenv("SSL_CERT_FILE");
  const test::TempDir hashed;
  hashed.write(authority.hashed_name(), authority.pem());
  ::setenv("SSL_CERT_DIR", hashed.path("").c_str(), 1);
  client = TlsClientContext::create().value();
  handshake();
  EXPECT_TRUE(*connected) << connected->error().describe();

  const test::TempDir empty;
  ::setenv("SSL_CERT_DIR", empty.path("").c_str(), 1);
  client = TlsClientContext::create().value();
  handshake();
  EXPECT_FALSE(*connected);
}

TEST_F(TlsContext, ExpiredCertificateIsRefused) {
  install(authority.issue("DNS:localhost", 5));
  ASSERT_TRUE(server->reload());
  const auto error = refused("localhost");
  EXPECT_NE(error.detail.find("certificate has expired"), std::string::npos) << error.detail;
}

TEST_F(TlsContext, PartialWildcardsDoNotMatch) {
  install(authority.issue("DNS:a*.example.com"));
  ASSERT_TRUE(server->reload());
  refused("api.example.com");
  install(authority.issue("DNS:*.example.com"));
  ASSERT_TRUE(server->reload());
  handshake("api.example.com");
  EXPECT_TRUE(*connected);
  refused("a.b.example.com");
}

TEST_F(TlsContext, PlainServerIsAnError) {
  auto pair = test::connected_pair(loop.shard);
  auto plain = make_plain_stream(loop.shard, std::move(pair.a));
  loop.run(test::write_text(*plain, "HTTP/1.1 400 Bad Request\r\n\r\n"));
  const auto result = loop.run(client->connect(loop.shard, std::move(pair.b), "localhost", {}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::upstream_connection);
  EXPECT_NE(result.error().detail.find("wrong version number"), std::string::npos) << result.error().detail;
}

TEST_F(TlsContext, PeerThatHangsUpInTheHandshake) {
  auto pair = test::connected_pair(loop.shard);
  pair.a.close();
  const auto result = loop.run(client->connect(loop.shard, std::move(pair.b), "localhost", {}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::upstream_connection);
}

TEST_F(TlsContext, SilentPeersTimeOut) {
  auto pair = test::connected_pair(loop.shard);
  const auto soon = core::Deadline::in(loop.shard.clock(), 1ms);
  const auto outgoing = loop.run(client->connect(loop.shard, std::move(pair.b), "localhost", soon));
  ASSERT_FALSE(outgoing);
  EXPECT_EQ(outgoing.error().code, ErrorCode::upstream_timeout);

  pair = test::connected_pair(loop.shard);
  const auto incoming =
      loop.run(server->accept(loop.shard, std::move(pair.b), core::Deadline::in(loop.shard.clock(), 1ms)));
  ASSERT_FALSE(incoming);
  EXPECT_EQ(incoming.error().code, ErrorCode::request_timeout);
}

TEST_F(TlsContext, StopEndsTheHandshake) {
  auto pair = test::connected_pair(loop.shard);
  runtime::StopSource stop;
  loop.shard.tasks().spawn(connect_into(this, std::move(pair.b), "localhost", {}, &stop));
  loop.shard.io().poll();
  EXPECT_FALSE(connected);
  stop.request_stop();
  ASSERT_TRUE(loop.until([&] { return connected.has_value(); }));
  ASSERT_FALSE(*connected);
  EXPECT_EQ(connected->error().code, ErrorCode::client_closed);
}

TEST_F(TlsContext, OldProtocolsAreRefused) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> old(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(old.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(old.get(), TLS1_1_VERSION);
  SSL_CTX_set_security_level(old.get(), 0);
  SSL_CTX_set_cipher_list(old.get(), "ALL:@SECLEVEL=0");
  auto pair = test::connected_pair(loop.shard);
  SslPtr ssl(SSL_new(old.get()));
  SSL_set_connect_state(ssl.get());
  TlsStream stream(loop.shard, std::move(pair.b), std::move(ssl));
  loop.shard.tasks().spawn(accept_into(this, std::move(pair.a), {}));
  EXPECT_EQ(loop.run(stream.handshake()), IoStatus::tls_error);
  ASSERT_TRUE(loop.until([&] { return accepted.has_value(); }));
  EXPECT_FALSE(*accepted);
}

TEST_F(TlsContext, ClientsOfOtherProtocolsOnlyAreRefused) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> h2(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  auto pair = test::connected_pair(loop.shard);
  SslPtr ssl(SSL_new(h2.get()));
  const unsigned char offer[] = {2, 'h', '2'};
  SSL_set_alpn_protos(ssl.get(), offer, sizeof offer);
  SSL_set_connect_state(ssl.get());
  TlsStream stream(loop.shard, std::move(pair.b), std::move(ssl));
  loop.shard.tasks().spawn(accept_into(this, std::move(pair.a), {}));
  EXPECT_EQ(loop.run(stream.handshake()), IoStatus::tls_error);
  EXPECT_NE(stream.reason().find("no application protocol"), std::string::npos) << stream.reason();
  ASSERT_TRUE(loop.until([&] { return accepted.has_value(); }));
}

TEST_F(TlsContext, SessionsAreResumed) {
  handshake();
  ASSERT_TRUE(*connected);
  EXPECT_EQ(SSL_session_reused(ssl_of(at_client())), 0);
  // TLS 1.3 tickets come after the handshake, with the first bytes the client reads.
  loop.run(test::write_text(at_server(), "hello"));
  EXPECT_EQ(loop.run(test::read_exactly(at_client(), 5)), "hello");

  for (int i = 0; i < 3; ++i) {
    handshake();
    ASSERT_TRUE(*connected);
    EXPECT_EQ(SSL_session_reused(ssl_of(at_client())), 1) << i;
    EXPECT_EQ(SSL_session_reused(ssl_of(at_server())), 1) << i;
    loop.run(test::write_text(at_server(), "again"));
    loop.run(test::read_exactly(at_client(), 5));
  }
  handshake("api.example.com");
  ASSERT_TRUE(*connected);
  EXPECT_EQ(SSL_session_reused(ssl_of(at_client())), 0) << "sessions belong to one host";
}

TEST_F(TlsContext, ReloadServesTheNewCertificateToNewConnections) {
  handshake();
  ASSERT_TRUE(*connected);
  const auto before = serial();
  auto old_server = std::move(*accepted);
  auto old_client = std::move(*connected);

  install(authority.issue("DNS:localhost"));
  ASSERT_TRUE(server->reload());
  handshake();
  ASSERT_TRUE(*connected);
  EXPECT_NE(serial(), before);

  loop.run(test::write_text(**old_server, "still here"));
  EXPECT_EQ(loop.run(test::read_exactly(**old_client, 10)), "still here");
}

TEST_F(TlsContext, FailedReloadKeepsTheOldCertificate) {
  files.write("key.pem", "rubbish");
  const auto reloaded = server->reload();
  ASSERT_FALSE(reloaded);
  EXPECT_EQ(reloaded.error().code, ErrorCode::invalid_configuration);
  handshake();
  EXPECT_TRUE(*connected);
}

TEST_F(TlsContext, LoadErrorsNameTheFileAndTheProblem) {
  files.write("key.pem", authority.issue("DNS:localhost").key);
  EXPECT_EQ(load_error(),
            "TLS key file " + key_file + ": the key does not match the certificate in " + cert_file);

  files.write("key.pem", test::CertificateAuthority::encrypted_key("secret"));
  EXPECT_NE(load_error().find(key_file + ": the key is encrypted with a passphrase"), std::string::npos);

  files.write("key.pem", "rubbish");
  EXPECT_NE(load_error().find(key_file + ": no PEM private key"), std::string::npos);

  files.write("cert.pem", "");
  EXPECT_NE(load_error().find(cert_file + ": no PEM certificate"), std::string::npos);

  cert_file = files.path("absent.pem");
  EXPECT_EQ(load_error(), "TLS certificate file " + cert_file + ": No such file or directory");

  install(authority.issue("DNS:localhost"));
  cert_file = files.path("cert.pem");
  key_file = files.path("absent.pem");
  EXPECT_EQ(load_error(), "TLS key file " + key_file + ": No such file or directory");
}

TEST_F(TlsContext, BadAuthorityFilesAreNamed) {
  const auto absent = TlsClientContext::create(files.path("absent.pem"));
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().message, "CA file " + files.path("absent.pem") + ": No such file or directory");
  const auto rubbish = TlsClientContext::create(files.write("rubbish.pem", "rubbish"));
  ASSERT_FALSE(rubbish);
  EXPECT_NE(rubbish.error().message.find("no PEM certificate"), std::string::npos);
}

}  // namespace
}  // namespace relayna::net
