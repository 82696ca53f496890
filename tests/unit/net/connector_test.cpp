#include "relayna/net/connector.hpp"

#include <gtest/gtest.h>

#include "support/loop.hpp"
#include "support/sockets.hpp"
#include "tls_fixture.hpp"

namespace relayna::net {
namespace {

using namespace std::chrono_literals;
using core::ErrorCode;
using Private = SsrfPolicy::Private;

Address addr(const char* text) {
  return boost::asio::ip::make_address(text);
}

/// A lookup that knows one name.
Lookup knows(std::string name, std::vector<Address> addresses) {
  return [name = std::move(name), addresses = std::move(addresses)](const std::string& host, auto done) {
    if (host == name) {
      done({}, addresses);
    } else {
      done("Host not found", {});
    }
  };
}

class ConnectorTest : public TlsFixture {
 protected:
  test::Acceptor acceptor = test::listen_loopback(loop.shard);
  std::uint16_t port = acceptor.local_endpoint().port();

  StreamResult connect(Connector::Settings settings, Origin origin,
                       core::Duration within = std::chrono::seconds(10)) {
    Connector connector(loop.shard, std::move(settings));
    return loop.run(connector.connect(std::move(origin), core::Deadline::in(loop.shard.clock(), within)));
  }
  std::unique_ptr<Stream> accept() {
    Socket socket(loop.shard.executor());
    acceptor.accept(socket);
    return make_plain_stream(loop.shard, std::move(socket));
  }
  /// A port nobody listens on.
  std::uint16_t closed_port() { return test::listen_loopback(loop.shard).local_endpoint().port(); }

  static runtime::Task<void> serve_tls(ConnectorTest* self) {
    Socket socket(self->loop.shard.executor());
    co_await self->acceptor.async_accept(socket, runtime::use_task);
    self->accepted = co_await self->server->accept(self->loop.shard, std::move(socket), {});
  }
  static runtime::Task<void> connect_through(Connector* connector, Origin origin, core::Deadline deadline,
                                             runtime::StopSource* stop, std::optional<StreamResult>* out) {
    auto result = co_await connector->connect(std::move(origin), deadline, stop);
    out->emplace(std::move(result));
  }
};

TEST_F(ConnectorTest, ConnectsAndCarriesBytes) {
  auto stream = connect({}, {false, "127.0.0.1", port});
  ASSERT_TRUE(stream) << stream.error().describe();
  EXPECT_TRUE((*stream)->deadline().is_never()) << "the connect deadline ends with the connect";
  EXPECT_FALSE((*stream)->is_tls());
  auto peer = accept();
  loop.run(test::write_text(**stream, "ping"));
  EXPECT_EQ(loop.run(test::read_exactly(*peer, 4)), "ping");
}

TEST_F(ConnectorTest, RefusedConnectionSaysWhereAndWhyInTheDetailOnly) {
  const auto nobody = closed_port();
  const auto stream = connect({}, {false, "127.0.0.1", nobody});
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::upstream_connection);
  EXPECT_EQ(stream.error().message, "could not connect to the upstream");
  EXPECT_EQ(stream.error().detail,
            "http://127.0.0.1:" + std::to_string(nobody) + ": 127.0.0.1: Connection refused");
}

TEST_F(ConnectorTest, TriesTheNextAddress) {
  // The acceptor listens on 127.0.0.1 only.
  auto stream = connect({.lookup = knows("up.example", {addr("127.0.0.9"), addr("127.0.0.1")})},
                        {false, "up.example", port});
  EXPECT_TRUE(stream) << stream.error().describe();
}

TEST_F(ConnectorTest, AnAddressThatSwallowsPacketsLeavesTimeForTheNext) {
  // A listener whose queue is full drops what comes after.
  test::Acceptor full(loop.shard.executor());
  full.open(boost::asio::ip::tcp::v4());
  full.bind(Endpoint(boost::asio::ip::make_address("127.0.0.9"), port));
  full.listen(0);
  std::vector<Socket> queue;
  for (int i = 0; i < 4; ++i) {
    queue.emplace_back(loop.shard.executor());
    queue.back().open(boost::asio::ip::tcp::v4());
    queue.back().non_blocking(true);
    // Asio's connect() would wait for the answer that never comes.
    const Endpoint there = full.local_endpoint();
    (void)::connect(queue.back().native_handle(), there.data(), static_cast<socklen_t>(there.size()));
  }
  const auto swallowed = connect({}, {false, "127.0.0.9", port}, 60ms);
  ASSERT_FALSE(swallowed);
  EXPECT_EQ(swallowed.error().code, ErrorCode::upstream_timeout);
  EXPECT_NE(swallowed.error().detail.find("127.0.0.9: timed out"), std::string::npos);

  const auto stream = connect({.lookup = knows("up.example", {addr("127.0.0.9"), addr("127.0.0.1")})},
                              {false, "up.example", port}, 400ms);
  EXPECT_TRUE(stream) << stream.error().describe();
}

TEST_F(ConnectorTest, UnknownNameIsAConnectionError) {
  const auto stream = connect({.lookup = knows("up.example", {})}, {false, "other.example", port});
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::upstream_connection);
  EXPECT_EQ(stream.error().detail, "other.example: DNS: Host not found");
}

TEST_F(ConnectorTest, PolicyIsAppliedToWhatTheNameMeansNow) {
  const auto stream =
      connect({.ssrf = {Private::deny, {}}, .lookup = knows("up.example", {addr("127.0.0.1")})},
              {false, "up.example", port});
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::upstream_connection);
  EXPECT_NE(stream.error().message.find("GATEWAY_UPSTREAM_PRIVATE"), std::string::npos);
  EXPECT_NE(stream.error().detail.find("127.0.0.1 is loopback"), std::string::npos) << stream.error().detail;
}

TEST_F(ConnectorTest, OnlyAllowedAddressesOfANameAreTried) {
  const SsrfPolicy policy{Private::listed, {*Cidr::parse("127.0.0.1")}};
  auto stream =
      connect({.ssrf = policy,
               .lookup = knows("up.example", {addr("169.254.169.254"), addr("10.0.0.1"), addr("127.0.0.1")})},
              {false, "up.example", port});
  EXPECT_TRUE(stream) << stream.error().describe();
}

TEST_F(ConnectorTest, MetadataIsNeverReached) {
  for (const char* host : {"169.254.169.254", "fd00:ec2::254", "100.100.100.200", "::ffff:169.254.169.254"}) {
    const auto stream = connect({}, {false, host, 80});
    ASSERT_FALSE(stream) << host;
    EXPECT_EQ(stream.error().code, ErrorCode::upstream_connection);
    EXPECT_NE(stream.error().detail.find("never connected to"), std::string::npos) << host;
  }
}

TEST_F(ConnectorTest, PassedDeadlineIsATimeout) {
  const auto stream = connect({}, {false, "127.0.0.1", port}, -1ms);
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::upstream_timeout);
}

TEST_F(ConnectorTest, SilentTlsServerTimesOut) {
  const auto stream = connect({.tls = client}, {true, "localhost", port}, 30ms);
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::upstream_timeout);
}

TEST_F(ConnectorTest, StopEndsEveryStage) {
  Connector::Settings hanging{.tls = client, .lookup = [](const std::string&, auto) {}};
  Connector connector(loop.shard, hanging);
  for (const char* host : {"name.example", "localhost"}) {  // in DNS; in the TLS handshake
    runtime::StopSource stop;
    std::optional<StreamResult> result;
    loop.shard.tasks().spawn(connect_through(&connector, {true, host, port}, {}, &stop, &result));
    loop.shard.io().poll();
    EXPECT_FALSE(result);
    stop.request_stop();
    ASSERT_TRUE(loop.until([&] { return result.has_value(); }));
    ASSERT_FALSE(*result);
    EXPECT_EQ(result->error().code, ErrorCode::client_closed) << host;
  }
  runtime::StopSource stopped;
  stopped.request_stop();
  const auto result = loop.run(connector.connect({false, "127.0.0.1", port}, {}, &stopped));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::client_closed);
}

TEST_F(ConnectorTest, PerformsTls) {
  loop.shard.tasks().spawn(serve_tls(this));
  auto stream = connect({.tls = client}, {true, "localhost", port});
  ASSERT_TRUE(stream) << stream.error().describe();
  ASSERT_TRUE(loop.until([&] { return accepted.has_value(); }));
  EXPECT_TRUE((*stream)->is_tls());
  EXPECT_TRUE((*stream)->deadline().is_never());
  loop.run(test::write_text(**stream, "ping"));
  EXPECT_EQ(loop.run(test::read_exactly(at_server(), 4)), "ping");
}

TEST_F(ConnectorTest, HttpsWithoutTlsContextIsAClearError) {
  const auto stream = connect({}, {true, "localhost", port});
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::upstream_connection);
  EXPECT_NE(stream.error().detail.find("no TLS client"), std::string::npos);
}

TEST_F(ConnectorTest, MayGoWhileConnecting) {
  std::optional<StreamResult> result;
  auto connector = std::make_unique<Connector>(loop.shard, Connector::Settings{.tls = client});
  loop.shard.tasks().spawn(connect_through(connector.get(), {true, "localhost", port},
                                           core::Deadline::in(loop.shard.clock(), 30ms), nullptr, &result));
  loop.shard.io().poll();
  connector.reset();
  ASSERT_TRUE(loop.until([&] { return result.has_value(); }));
  EXPECT_FALSE(*result);
}

}  // namespace
}  // namespace relayna::net
