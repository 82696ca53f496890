#include <string>

#include "support/certificates.hpp"
#include "support/temp_dir.hpp"
#include "unit/http/server_fixture.hpp"

namespace relayna::http {
namespace {

using namespace std::chrono_literals;

std::string get(const std::string& target, const std::string& fields = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

struct Waiting {
  bool began = false;
  bool stopped = false;
  runtime::StopReason reason{};
  bool release = false;
};

runtime::Task<Response> wait_for_stop(runtime::Shard* shard, Waiting* waiting, Request request) {
  waiting->began = true;
  while (!request.stop->stop_requested() && !waiting->release) co_await shard->sleep(1ms);
  waiting->stopped = request.stop->stop_requested();
  waiting->reason = request.stop->reason();
  co_return RecordingHandler::text(200, "late");
}

runtime::Task<Response> endless(std::string chunk, std::size_t* pulls, Request) {
  class Endless final : public BodySource {
   public:
    Endless(std::string c, std::size_t* n) : chunk_(std::move(c)), pulls_(n) {}
    runtime::Task<core::Result<Chunk>> next() override {
      ++*pulls_;
      co_return Chunk{.bytes = chunk_};
    }

   private:
    std::string chunk_;
    std::size_t* pulls_;
  };
  Response response;
  response.body = std::make_unique<Endless>(std::move(chunk), pulls);
  co_return response;
}

TEST_F(ServerTest, SlowlorisIsToldAndCutAtTheHeadTimeout) {
  settings.head_timeout = 60ms;
  start();
  auto peer = connect();
  const auto begin = std::chrono::steady_clock::now();
  std::size_t sent = 0;
  const std::string drip = "GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x');
  ASSERT_TRUE(loop.until([&] {  // always a little more, never the end
    if (sent < 20'000 && peer.send(drip.substr(sent, 1))) ++sent;
    return peer.has_ended();
  }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  EXPECT_TRUE(peer.received.starts_with("HTTP/1.1 408 ")) << peer.received;
  EXPECT_TRUE(handler.seen.empty());
}

TEST_F(ServerTest, AnIdleConnectionIsClosedSilently) {
  settings.keep_alive_timeout = 60ms;
  start();
  auto fresh = connect();
  auto used = connect();
  ASSERT_TRUE(used.send(get("/u")));
  ASSERT_TRUE(loop.until([&] { return fresh.has_ended() && used.has_ended(); }));
  EXPECT_EQ(fresh.received, "");
  EXPECT_TRUE(used.received.ends_with("/u|")) << used.received;
}

TEST_F(ServerTest, ABodyThatStopsIsARequestTimeout) {
  settings.body_idle_timeout = 60ms;
  start();
  const std::string answer = exchange("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhel");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
  ASSERT_EQ(handler.seen.size(), 1U);
  EXPECT_EQ(handler.seen[0].error, "request_timeout");
}

TEST_F(ServerTest, ABodyThatDripsIsARequestTimeoutToo) {
  settings.body_idle_timeout = 100ms;
  start();
  auto peer = connect();
  ASSERT_TRUE(peer.send("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n"));
  auto last = std::chrono::steady_clock::now();
  ASSERT_TRUE(loop.until([&] {  // a byte every 20 ms never leaves the server idle for 100 ms
    if (std::chrono::steady_clock::now() - last > 20ms) {
      last = std::chrono::steady_clock::now();
      peer.send("x");
    }
    return peer.has_ended();
  }));
  EXPECT_TRUE(peer.received.starts_with("HTTP/1.1 408 ")) << peer.received;
}

TEST_F(ServerTest, ABodyThatIsCutOffIsNoBody) {
  start();
  auto peer = connect();
  ASSERT_TRUE(peer.send("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhel"));
  ASSERT_TRUE(loop.until([&] { return handler.running == 1; }));
  peer.close();
  ASSERT_TRUE(loop.until([&] { return handler.seen.size() == 1; }));
  EXPECT_EQ(handler.seen[0].error, "client_closed");
  EXPECT_TRUE(loop.until([&] { return server->stats().connections == 0; }));
}

TEST_F(ServerTest, ASlowReaderIsCutAtTheWriteTimeout) {
  settings.write_timeout = 60ms;
  std::size_t pulls = 0;
  handler.answer = [&](Request r) { return endless(std::string(50'000, 'e'), &pulls, std::move(r)); };
  start();
  auto peer = connect(4096);
  ASSERT_TRUE(peer.send(get("/s")));
  ASSERT_TRUE(loop.until([&] { return pulls > 0; }));
  ASSERT_TRUE(loop.until([&] { return server->stats().connections == 0; }));
  EXPECT_EQ(server->stats().in_flight, 0U);
}

TEST_F(ServerTest, NotPullingIsTheBackPressure) {
  std::size_t pulls = 0;
  handler.answer = [&](Request r) { return endless(std::string(50'000, 'e'), &pulls, std::move(r)); };
  start();
  auto peer = connect(4096);
  ASSERT_TRUE(peer.send(get("/s")));
  std::size_t before = 0;
  ASSERT_TRUE(loop.until([&] { return pulls > 0; }));
  do {
    before = pulls;
    for (int i = 0; i < 5; ++i) loop.shard.io().run_one_for(20ms);
  } while (pulls != before);
  EXPECT_LT(pulls * 50'000, 32U * 1024 * 1024);
  ASSERT_TRUE(loop.until([&] {  // and it goes on when the reader does
    peer.pump(1024 * 1024);
    return pulls > before;
  }));
  peer.close();
}

TEST_F(ServerTest, AVanishedClientStopsTheExchange) {
  Waiting waiting;
  handler.answer = [&](Request r) { return wait_for_stop(&loop.shard, &waiting, std::move(r)); };
  start();
  auto peer = connect();
  ASSERT_TRUE(peer.send(get("/w")));
  ASSERT_TRUE(loop.until([&] { return waiting.began; }));
  peer.close();
  ASSERT_TRUE(loop.until([&] { return waiting.stopped; }));
  EXPECT_EQ(waiting.reason, runtime::StopReason::client_gone);
  EXPECT_TRUE(loop.until([&] { return server->stats().connections == 0; }));
}

TEST_F(ServerTest, AResetClientStopsTheExchange) {
  Waiting waiting;
  handler.answer = [&](Request r) { return wait_for_stop(&loop.shard, &waiting, std::move(r)); };
  start();
  auto peer = connect();
  ASSERT_TRUE(peer.send(get("/w") + get("/pipelined")));
  ASSERT_TRUE(loop.until([&] { return waiting.began; }));
  peer.abort();
  ASSERT_TRUE(loop.until([&] { return waiting.stopped; }));
  EXPECT_TRUE(loop.until([&] { return server->stats().connections == 0; }));
}

TEST_F(ServerTest, OtherExchangesGoOn) {
  Waiting gone;
  Waiting stays;
  handler.answer = [&](Request r) {
    return wait_for_stop(&loop.shard, r.head.target == "/gone" ? &gone : &stays, std::move(r));
  };
  start();
  auto a = connect();
  auto b = connect();
  ASSERT_TRUE(a.send(get("/gone")));
  ASSERT_TRUE(b.send(get("/stays")));
  ASSERT_TRUE(loop.until([&] { return gone.began && stays.began; }));
  EXPECT_EQ(server->stats().in_flight, 2U);
  a.close();
  ASSERT_TRUE(loop.until([&] { return gone.stopped; }));
  EXPECT_FALSE(stays.stopped);
  stays.release = true;
  ASSERT_TRUE(loop.until([&] { return b.has("late"); }));
}

TEST_F(ServerTest, AFailedWriteStopsTheStream) {
  std::size_t pulls = 0;
  handler.answer = [&](Request r) { return endless(std::string(1000, 'e'), &pulls, std::move(r)); };
  start();
  auto peer = connect();
  ASSERT_TRUE(peer.send(get("/s")));
  ASSERT_TRUE(loop.until([&] { return peer.has("eeee"); }));
  peer.abort();
  ASSERT_TRUE(loop.until([&] { return server->stats().connections == 0; }));
}

TEST_F(ServerTest, DrainsInOrder) {
  Waiting waiting;
  handler.answer = [&](Request r) { return wait_for_stop(&loop.shard, &waiting, std::move(r)); };
  start();
  auto busy = connect();
  auto idle = connect();
  ASSERT_TRUE(busy.send(get("/busy")));
  ASSERT_TRUE(loop.until([&] { return waiting.began && server->stats().connections == 2; }));

  server->begin_drain();
  handler.answer = nullptr;
  auto late = connect();
  ASSERT_TRUE(late.send(get("/late")));
  ASSERT_TRUE(loop.until([&] { return late.has_ended(); }));
  EXPECT_NE(late.received.find("Connection: close"), std::string::npos) << "still served, but closed";
  EXPECT_NE(late.received.find("/late|"), std::string::npos);

  auto queued = connect();  // in the accept queue: the loop has not run since
  ASSERT_TRUE(queued.send(get("/queued")));
  server->stop_accepting();
  EXPECT_THROW(connect(), std::runtime_error);
  ASSERT_TRUE(loop.until([&] { return queued.has("/queued|"); }));
  EXPECT_FALSE(idle.has_ended()) << "idle connections stay until close_idle";

  server->close_idle();
  ASSERT_TRUE(loop.until([&] { return idle.has_ended(); }));
  EXPECT_FALSE(busy.has_ended());

  server->abort_in_flight();
  ASSERT_TRUE(loop.until([&] { return waiting.stopped; }));
  EXPECT_EQ(waiting.reason, runtime::StopReason::draining);
  ASSERT_TRUE(loop.until([&] { return busy.has_ended(); }));
  EXPECT_NE(busy.received.find("late"), std::string::npos) << "the client is there: it is told";
  EXPECT_NE(busy.received.find("Connection: close"), std::string::npos);
  loop.run(server->wait_closed());
  EXPECT_EQ(server->stats().connections, 0U);
}

TEST_F(ServerTest, LingeringIsBounded) {
  settings.lingering_close = 60ms;
  settings.max_body_bytes = 10;
  start();
  auto peer = connect();
  ASSERT_TRUE(peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"));
  ASSERT_TRUE(loop.until([&] { return peer.has("413"); }));
  ASSERT_TRUE(loop.until([&] { return server->stats().connections == 0; })) << "the client never closes";
}

TEST_F(ServerTest, ServesTls) {
  const test::CertificateAuthority authority;
  const auto certificate = authority.issue("DNS:localhost,IP:127.0.0.1");
  const test::TempDir dir;
  const auto ca = dir.write("ca.pem", authority.pem());
  auto tls = net::TlsServerContext::load(dir.write("cert.pem", certificate.cert),
                                         dir.write("key.pem", certificate.key));
  ASSERT_TRUE(tls) << tls.error().describe();
  settings.tls = *tls;
  settings.head_timeout = 100ms;
  start();
  auto silent = connect();
  ASSERT_TRUE(loop.until([&] { return silent.has_ended(); })) << "a handshake that never comes is cut off";
  auto plain = connect();
  ASSERT_TRUE(plain.send(get("/plain")));
  ASSERT_TRUE(loop.until([&] { return plain.has_ended(); }));
  EXPECT_EQ(plain.received.find("HTTP/1.1"), std::string::npos);
  EXPECT_TRUE(handler.seen.empty());
}

}  // namespace
}  // namespace relayna::http
