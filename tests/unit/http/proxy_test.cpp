// The server and the client together, as the gateway uses them: a handler that forwards.
#include <string>

#include "relayna/http/client.hpp"

#include "support/certificates.hpp"
#include "support/sockets.hpp"
#include "support/temp_dir.hpp"
#include "unit/http/client_fixture.hpp"
#include "unit/http/server_fixture.hpp"

namespace relayna::http {
namespace {

using namespace std::chrono_literals;

runtime::Task<Response> forward(Client* client, net::Origin origin, RecordingHandler* handler,
                                Request request) {
  std::string body;
  for (;;) {
    auto chunk = co_await request.body->next();
    if (!chunk) co_return handler->refuse(request.head.target, chunk.error());
    if (chunk->end) break;
    body.append(chunk->bytes);
  }
  const std::string_view pieces[] = {body};
  const ClientRequest out{.method = request.head.method,
                          .target = request.head.target,
                          .fields = &request.head.fields,
                          .body = pieces,
                          .has_body = true};
  auto answer = co_await client->send(origin, out, ClientTimeouts{}, request.stop);
  if (!answer) co_return handler->refuse(request.head.target, answer.error());
  Response response;
  response.head = std::move(answer->head);
  response.body = std::move(answer->body);
  co_return response;
}

class ProxyTest : public ServerTest {
 protected:
  void forward_to(net::Origin origin) {
    handler.answer = [this, origin](Request r) { return forward(&client, origin, &handler, std::move(r)); };
    start();
  }
  ~ProxyTest() override { stop(); }

  net::Connector connector{loop.shard, {}};
  Client client{loop.shard, connector, {}};
  test::RawListener upstream;
};

TEST_F(ProxyTest, PassesAStreamOnAsItComes) {
  forward_to({false, "127.0.0.1", upstream.port});
  auto user = connect();
  test::RawPeer peer;
  ASSERT_TRUE(user.send("POST /s HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"));
  ASSERT_TRUE(loop.until([&] { return upstream.accept(peer); }));
  ASSERT_TRUE(loop.until([&] { return peer.has("\r\n\r\n{}"); }));
  peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
  peer.send("9\r\ndata: a\n\n\r\n");
  ASSERT_TRUE(loop.until([&] { return user.has("9\r\ndata: a\n\n\r\n"); }));
  peer.send("9\r\ndata: b\n\n\r\n");
  ASSERT_TRUE(loop.until([&] { return user.has("9\r\ndata: b\n\n\r\n"); }));
  EXPECT_EQ(client.stats().active, 1U);
  peer.send("0\r\n\r\n");
  ASSERT_TRUE(loop.until([&] { return user.has("0\r\n\r\n"); }));
  EXPECT_EQ(client.stats().idle, 1U);
}

TEST_F(ProxyTest, AClientThatLeavesClosesTheUpstream) {
  forward_to({false, "127.0.0.1", upstream.port});
  for (const bool before_the_answer : {true, false}) {
    auto user = connect();
    test::RawPeer peer;
    ASSERT_TRUE(user.send("POST /s HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"));
    ASSERT_TRUE(loop.until([&] { return upstream.accept(peer); }));
    ASSERT_TRUE(loop.until([&] { return peer.has("\r\n\r\n{}"); }));
    if (!before_the_answer) {
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
      ASSERT_TRUE(loop.until([&] { return user.has("abc"); }));
    }
    user.close();
    ASSERT_TRUE(loop.until([&] { return peer.has_ended(); }));
    ASSERT_TRUE(loop.until([&] { return server->stats().connections == 0; }));
    EXPECT_EQ(client.stats().active, 0U);
    EXPECT_EQ(client.stats().idle, 0U);
  }
}

TEST_F(ProxyTest, ASlowReaderHoldsTheUpstreamBack) {
  forward_to({false, "127.0.0.1", upstream.port});
  auto user = connect(4096);
  test::RawPeer peer;
  ASSERT_TRUE(user.send("POST /s HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"));
  ASSERT_TRUE(loop.until([&] { return upstream.accept(peer); }));
  ASSERT_TRUE(loop.until([&] { return peer.has("\r\n\r\n{}"); }));
  const std::string body = test::pattern(30'000'000);
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n");
  std::size_t sent = 0;
  std::size_t before = 1;
  while (sent != before) {
    before = sent;
    for (int i = 0; i < 5; ++i) {
      sent += peer.send_some(std::string_view(body).substr(sent));
      loop.shard.io().run_one_for(20ms);
    }
  }
  EXPECT_LT(sent, body.size()) << "the proxy must not take more than the sockets hold";
  ASSERT_TRUE(loop.until([&] {
    sent += peer.send_some(std::string_view(body).substr(sent));
    user.pump();
    return user.received.size() > body.size() &&
           user.received.ends_with(std::string_view(body).substr(29'000'000));
  }));
  EXPECT_EQ(user.received.substr(user.received.find("\r\n\r\n") + 4), body);
}

TEST_F(ProxyTest, BothLegsMayBeTls) {
  const test::CertificateAuthority authority;
  const auto certificate = authority.issue("DNS:localhost,IP:127.0.0.1");
  const test::TempDir dir;
  auto tls = net::TlsServerContext::load(dir.write("cert.pem", certificate.cert),
                                         dir.write("key.pem", certificate.key));
  ASSERT_TRUE(tls) << tls.error().describe();
  auto trusting = net::TlsClientContext::create(dir.write("ca.pem", authority.pem()));
  ASSERT_TRUE(trusting) << trusting.error().describe();
  net::Connector secure(loop.shard, {.tls = *trusting});
  Client outside(loop.shard, secure, {});

  RecordingHandler echo;
  Server::Settings echo_settings = settings;
  echo_settings.tls = *tls;
  Server backend(loop.shard, echo_settings, echo);
  ASSERT_TRUE(backend.listen());
  settings.tls = *tls;
  const net::Origin to_backend{true, "localhost", backend.endpoint().port()};
  handler.answer = [&](Request r) { return forward(&outside, to_backend, &handler, std::move(r)); };
  start();

  for (const std::size_t size : {std::size_t{10}, std::size_t{2'000'000}, std::size_t{10}}) {
    Call call;
    call.body = {test::pattern(size)};
    loop.shard.tasks().spawn(run_call(&outside, {true, "localhost", server->endpoint().port()}, &call));
    ASSERT_TRUE(loop.until([&] { return call.done; }));
    EXPECT_EQ(call.status(), 200) << call.error();
    EXPECT_EQ(call.received, "/v1/x|" + call.body[0]);
  }
  EXPECT_TRUE(echo.seen[0].peer.tls);
  EXPECT_EQ(outside.stats().connects, 2U) << "one connection per leg, kept alive";
  outside.clear();
  backend.stop_accepting();
  backend.close_idle();
  loop.run(backend.wait_closed());
  stop();
}

}  // namespace
}  // namespace relayna::http
