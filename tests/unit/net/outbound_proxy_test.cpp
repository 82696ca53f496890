#include "net/outbound_proxy.hpp"

#include <gtest/gtest.h>

#include "support/loop.hpp"
#include "support/sockets.hpp"
#include "tls_fixture.hpp"

namespace relayna::net {
namespace {

using namespace std::chrono_literals;
using core::ErrorCode;

TEST(OutboundProxyUrl, Parses) {
  const auto plain = OutboundProxy::parse("http://proxy.corp:3128");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->origin, (Origin{false, "proxy.corp", 3128}));
  EXPECT_TRUE(plain->authorization.empty());

  const auto with_user = OutboundProxy::parse("http://me:p%40ss@proxy.corp:3128/");
  ASSERT_TRUE(with_user);
  EXPECT_EQ(with_user->origin.host, "proxy.corp");
  EXPECT_EQ(with_user->authorization.reveal(), "Basic bWU6cEBzcw==");
}

TEST(OutboundProxyUrl, RefusesAndKeepsThePasswordOut) {
  for (const char* url :
       {"proxy:3128", "https://proxy", "socks5://proxy", "http://me:hunter2@", "http://",
        "http://me:hunter2@proxy:99999", "http://me:hunter2%zz@proxy", "http://proxy/path"}) {
    const auto proxy = OutboundProxy::parse(url);
    ASSERT_FALSE(proxy) << url;
    EXPECT_EQ(proxy.error().message.find("hunter2"), std::string::npos) << proxy.error().message;
    EXPECT_FALSE(Connector::check({.outbound_proxy = url}));
  }
  EXPECT_TRUE(Connector::check({}));
  EXPECT_TRUE(Connector::check({.outbound_proxy = "http://proxy:3128"}));
}

TEST(NoProxy, Matches) {
  struct Case {
    const char* host;
    std::uint16_t port;
    std::vector<std::string> rules;
    bool direct;
  };
  const Case cases[] = {
      {"api.example.com", 443, {}, false},
      {"api.example.com", 443, {"example.com"}, true},
      {"api.example.com", 443, {".example.com"}, true},
      {"api.example.com", 443, {"*.example.com"}, true},
      {"example.com", 443, {".example.com"}, true},
      {"notexample.com", 443, {"example.com"}, false},
      {"example.com.evil", 443, {"example.com"}, false},
      {"api.example.com", 443, {" EXAMPLE.COM "}, true},
      {"api.example.com", 443, {"other", "example.com"}, true},
      {"api.example.com", 443, {"*"}, true},
      {"api.example.com", 443, {"", "."}, false},
      {"api.example.com", 443, {"example.com:443"}, true},
      {"api.example.com", 8443, {"example.com:443"}, false},
      {"10.1.2.3", 80, {"10.0.0.0/8"}, true},
      {"10.1.2.3", 80, {"10.1.2.3"}, true},
      {"10.1.2.3", 80, {"10.1.2.3:80"}, true},
      {"11.1.2.3", 80, {"10.0.0.0/8"}, false},
      {"110.1.2.3", 80, {"10.1.2.3"}, false},
      {"fd00::1", 80, {"fd00::/8"}, true},
      {"fe00::1", 80, {"fd00::/8"}, false},
      {"localhost", 80, {}, true},
      {"db.localhost", 80, {}, true},
      {"127.0.0.1", 80, {}, true},
      {"::1", 80, {}, true},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(bypasses_proxy({false, c.host, c.port}, c.rules), c.direct)
        << c.host << " " << (c.rules.empty() ? "" : c.rules.front());
  }
}

/// A proxy that reads one head, answers with a script and then relays nothing.
class ThroughProxy : public TlsFixture {
 protected:
  test::Acceptor acceptor = test::listen_loopback(loop.shard);
  std::string proxy_url = "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
  std::string answer = "HTTP/1.1 200 Connection established\r\n\r\n";
  std::string request;             // what the proxy was asked
  std::unique_ptr<Stream> tunnel;  // the proxy's end, after its answer
  bool split = false;              // the answer comes one byte at a time

  static runtime::Task<void> serve(ThroughProxy* self) {
    Socket socket(self->loop.shard.executor());
    co_await self->acceptor.async_accept(socket, runtime::use_task);
    auto stream = make_plain_stream(self->loop.shard, std::move(socket));
    std::array<char, 4096> buffer;
    while (self->request.find("\r\n\r\n") == std::string::npos) {
      const auto got = co_await read_some(*stream, buffer);
      if (!got.ok()) co_return;
      self->request.append(buffer.data(), got.bytes);
    }
    const std::size_t step = self->split ? 1 : std::max<std::size_t>(self->answer.size(), 1);
    for (std::size_t at = 0; at < self->answer.size(); at += step) {
      co_await test::write_text(*stream, self->answer.substr(at, step));
    }
    if (self->answer.empty()) stream->close();
    self->tunnel = std::move(stream);
  }

  static runtime::Task<void> connect_into_result(Connector* connector, std::optional<StreamResult>* out) {
    auto result = co_await connector->connect({true, "api.example.com", 443}, {});
    out->emplace(std::move(result));
  }

  StreamResult connect(Origin origin, Connector::Settings settings = {}, core::Duration within = 10s) {
    loop.shard.tasks().spawn(serve(this));
    if (settings.outbound_proxy.empty()) settings.outbound_proxy = proxy_url;
    Connector connector(loop.shard, std::move(settings));
    auto result =
        loop.run(connector.connect(std::move(origin), core::Deadline::in(loop.shard.clock(), within)));
    if (!tunnel) loop.shard.io().poll();
    if (request.empty()) {  // nobody came: let the script end
      Socket knock(loop.shard.executor());
      knock.connect(acceptor.local_endpoint());
      knock.close();
    }
    EXPECT_TRUE(loop.until([&] { return loop.shard.tasks().size() == 0; }));
    return result;
  }
};

TEST_F(ThroughProxy, AsksForATunnelAndUsesIt) {
  auto stream = connect({false, "api.example.com", 80});
  ASSERT_TRUE(stream) << stream.error().describe();
  EXPECT_EQ(request, "CONNECT api.example.com:80 HTTP/1.1\r\nHost: api.example.com:80\r\n\r\n");
  ASSERT_TRUE(tunnel);
  EXPECT_TRUE((*stream)->deadline().is_never());
  loop.run(test::write_text(**stream, "GET / HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(loop.run(test::read_exactly(*tunnel, 18)), "GET / HTTP/1.1\r\n\r\n");
}

TEST_F(ThroughProxy, AnswerMayComeInPieces) {
  answer = "HTTP/1.1 200 OK\r\nProxy-Agent: x\r\nX-More: y\r\n\r\n";
  split = true;
  EXPECT_TRUE(connect({false, "api.example.com", 80}));
}

TEST_F(ThroughProxy, IdentifiesItself) {
  const auto port = std::to_string(acceptor.local_endpoint().port());
  EXPECT_TRUE(connect({false, "2001:db8::1", 80}, {.outbound_proxy = "http://me:secret@127.0.0.1:" + port}));
  EXPECT_EQ(request,
            "CONNECT [2001:db8::1]:80 HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n"
            "Proxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n");
}

TEST_F(ThroughProxy, TlsRunsInsideTheTunnel) {
  loop.shard.tasks().spawn(serve(this));
  Connector connector(loop.shard, {.tls = client, .outbound_proxy = proxy_url});
  std::optional<StreamResult> result;
  loop.shard.tasks().spawn(connect_into_result(&connector, &result));
  ASSERT_TRUE(loop.until([&] { return tunnel != nullptr; }));
  // From here on the proxy's end plays the server.
  Socket socket(loop.shard.executor());
  socket.assign(boost::asio::ip::tcp::v4(), ::dup(tunnel->native_handle()));
  loop.shard.tasks().spawn(accept_into(this, std::move(socket), {}));
  ASSERT_TRUE(loop.until([&] { return accepted && result; }));
  ASSERT_TRUE(*result) << result->error().describe();
  EXPECT_TRUE((**result)->is_tls());
  loop.run(test::write_text(***result, "ping"));
  EXPECT_EQ(loop.run(test::read_exactly(at_server(), 4)), "ping");
}

TEST_F(ThroughProxy, RefusalsAndNonsense) {
  const std::pair<std::string, const char*> cases[] = {
      {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "the proxy answered 407"},
      {"HTTP/1.1 502 Bad Gateway\r\n\r\nbody", "the proxy answered 502"},
      {"HTTP/1.1 101 Switching\r\n\r\n", "the proxy answered 101"},
      {"SSH-2.0-OpenSSH\r\n\r\n", "does not speak HTTP"},
      {"HTTP/1.1 2x0\r\n\r\n", "does not speak HTTP"},
      {"HTTP/2\r\n\r\n", "does not speak HTTP"},
      {"HTTP/1.1 200 OK\r\n\r\nearly", "bytes of its own"},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x'), "too large"},
      {"", "proxy tunnel to api.example.com:80"},
  };
  for (const auto& [text, why] : cases) {
    answer = text;
    request.clear();
    tunnel.reset();
    const auto stream = connect({false, "api.example.com", 80});
    ASSERT_FALSE(stream) << text.substr(0, 40);
    EXPECT_EQ(stream.error().code, ErrorCode::upstream_connection);
    EXPECT_EQ(stream.error().message, "could not connect to the upstream");
    EXPECT_NE(stream.error().detail.find(why), std::string::npos) << stream.error().detail;
  }
}

TEST_F(ThroughProxy, SilentProxyTimesOut) {
  answer = "HTTP/1.1 200 OK\r\n";  // and no more
  const auto stream = connect({false, "api.example.com", 80}, {}, 30ms);
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::upstream_timeout);
}

TEST_F(ThroughProxy, LiteralTargetsAreCheckedBeforeTheProxyIsAsked) {
  const auto metadata = connect({false, "169.254.169.254", 80});
  ASSERT_FALSE(metadata);
  EXPECT_NE(metadata.error().detail.find("link-local"), std::string::npos);
  EXPECT_EQ(request, "");
}

TEST_F(ThroughProxy, ExceptionsGoDirect) {
  // The proxy's port doubles as the upstream: a direct connection sends nothing by itself.
  Connector connector(loop.shard, {.outbound_proxy = "http://192.0.2.1:1"});
  const auto stream = loop.run(connector.connect({false, "127.0.0.1", acceptor.local_endpoint().port()},
                                                 core::Deadline::in(loop.shard.clock(), 10s)));
  EXPECT_TRUE(stream);
}

TEST_F(ThroughProxy, BadProxySettingFailsEveryConnectClearly) {
  Connector connector(loop.shard, {.outbound_proxy = "socks5://proxy"});
  const auto stream = loop.run(connector.connect({false, "api.example.com", 80}, {}));
  ASSERT_FALSE(stream);
  EXPECT_NE(stream.error().detail.find("outbound proxy"), std::string::npos);
}

}  // namespace
}  // namespace relayna::net
