#include <cmath>
#include <string>

#include "unit/http/server_fixture.hpp"

namespace relayna::http {
namespace {

using namespace std::chrono_literals;

std::string get(const std::string& target, const std::string& fields = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

runtime::Task<Response> answer_with(Response response) {
  co_return response;
}

runtime::Task<Response> stream_from(runtime::Shard* shard, std::shared_ptr<PushedBody::Feed> feed, bool flush,
                                    Request request) {
  Response response;
  response.head.fields.add("Content-Type", "text/event-stream");
  response.body = std::make_unique<PushedBody>(*shard, std::move(feed), request.stop);
  response.flush_head = flush;
  co_return response;
}

/// Answers with the request's own body while it is still arriving.
runtime::Task<Response> mirror(Request request) {
  Response response;
  response.body = std::move(request.body);
  co_return response;
}

runtime::Task<Response> ignore_body(Request request) {
  request.body.reset();
  co_return RecordingHandler::text(200, "ignored");
}

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  start();
  auto peer = connect();
  for (int i = 0; i < 3; ++i) {
    peer.received.clear();
    ASSERT_TRUE(peer.send(get("/n" + std::to_string(i))));
    ASSERT_TRUE(loop.until([&] { return peer.has("/n" + std::to_string(i) + "|"); }));
    EXPECT_TRUE(peer.received.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: "))
        << peer.received;
    EXPECT_NE(peer.received.find(" GMT\r\nContent-Length: 4\r\n\r\n"), std::string::npos) << peer.received;
  }
  EXPECT_EQ(server->stats().accepted, 1U);
  EXPECT_EQ(server->stats().connections, 1U);
  EXPECT_EQ(server->stats().in_flight, 0U);
  EXPECT_FALSE(peer.has_ended());
}

TEST_F(ServerTest, AHeadMayArriveByteByByte) {
  start();
  auto peer = connect();
  const std::string request =
      "POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" + get("/next");
  for (std::size_t i = 0; i < request.size(); ++i) {
    ASSERT_TRUE(peer.send(request.substr(i, 1)));
    loop.shard.io().poll();
  }
  ASSERT_TRUE(loop.until([&] { return peer.has("/next|"); }));
  ASSERT_EQ(handler.seen.size(), 2U);
  EXPECT_EQ(handler.seen[0].body, "hello");
}

TEST_F(ServerTest, PipelinedRequestsAreServedInOrder) {
  start();
  const std::string answer =
      exchange(get("/1") + "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" +
               "POST /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n" +
               get("/4", "Connection: close\r\n"));
  EXPECT_EQ(count_of(answer, "HTTP/1.1 200 OK"), 4U);
  const auto first = answer.find("/1|");
  const auto second = answer.find("/2|abc");
  const auto third = answer.find("/3|de");
  const auto fourth = answer.find("/4|");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_LT(third, fourth);
  EXPECT_NE(fourth, std::string::npos);
}

/// Answers everybody in the same turn of the loop, whenever as many as `company` have come.
runtime::Task<Response> answer_together(runtime::Shard* shard, RecordingHandler* handler, int* came,
                                        int company, Request request) {
  for (++*came; *came % company != 0;) co_await shard->sleep(std::chrono::milliseconds(1));
  co_return co_await handler->echo(std::move(request));
}

TEST_F(ServerTest, AnswersOfOneTurnArriveWholeAndTheConnectionsGoOn) {
  int came = 0;
  handler.answer = [this, &came](Request r) {
    return answer_together(&loop.shard, &handler, &came, 3, std::move(r));
  };
  start();
  std::vector<test::RawPeer> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(connect());
  for (const std::string round : {"first", "second"}) {
    const std::string body = round + std::string(10'000, 'x') + "end";
    for (auto& peer : peers) {
      peer.received.clear();
      ASSERT_TRUE(peer.send("POST /" + round + " HTTP/1.1\r\nHost: h\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body));
    }
    for (auto& peer : peers) {
      ASSERT_TRUE(loop.until([&] { return peer.has("|" + body); })) << peer.received.size();
      EXPECT_EQ(count_of(peer.received, "HTTP/1.1 200 OK"), 1U);
    }
  }
  EXPECT_EQ(server->stats().in_flight, 0U);
}

TEST_F(ServerTest, AnAnswerWaitsForOthersOnlyWhenItIsShort) {
  int came = 0;
  handler.answer = [this, &came](Request r) {
    return answer_together(&loop.shard, &handler, &came, 2, std::move(r));
  };
  start();
  auto small = connect();
  auto large = connect(4'096);  // a reader that takes more than one write
  const std::string body(400'000, 'y');
  ASSERT_TRUE(small.send(get("/small")));
  const std::string request =
      "POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  std::size_t sent = 0;
  ASSERT_TRUE(loop.until([&] {
    if (sent < request.size()) sent += large.send_some(std::string_view(request).substr(sent));
    return small.has("/small|") && large.has("|" + body);
  }));
}

TEST_F(ServerTest, AChunkedRequestArrivesInPieces) {
  start();
  auto peer = connect();
  ASSERT_TRUE(peer.send("POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"));
  const std::string body = "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: x\r\n\r\n";
  for (const char c : body) {
    ASSERT_TRUE(peer.send({&c, 1}));
    loop.shard.io().poll();
  }
  ASSERT_TRUE(loop.until([&] { return peer.has("/c|hello world"); }));
}

TEST_F(ServerTest, ALargeBodyGoesBothWays) {
  start();
  auto peer = connect();
  const std::string body(3'000'000, 'z');
  const std::string request = "POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n" + body;
  std::size_t sent = 0;
  ASSERT_TRUE(loop.until([&] {
    sent += peer.send_some(std::string_view(request).substr(sent));
    peer.pump();
    return peer.received.ends_with(body);
  }));
  EXPECT_NE(peer.received.find("Content-Length: 3000005\r\n"), std::string::npos);
}

TEST_F(ServerTest, AStreamOfUnknownLengthIsChunked) {
  auto feed = std::make_shared<PushedBody::Feed>();
  handler.answer = [&](Request r) { return stream_from(&loop.shard, feed, false, std::move(r)); };
  start();
  auto peer = connect();
  ASSERT_TRUE(peer.send(get("/s")));
  ASSERT_TRUE(loop.until([&] { return feed->pulls > 0; }));
  EXPECT_FALSE(peer.has("HTTP/1.1")) << "the head waits for the first chunk";
  feed->chunks.emplace_back("first");
  ASSERT_TRUE(loop.until([&] { return peer.has("\r\n\r\n5\r\nfirst\r\n"); })) << peer.received;
  EXPECT_NE(peer.received.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  feed->chunks.emplace_back(std::string(26, 's'));
  ASSERT_TRUE(loop.until([&] { return peer.has("1a\r\n" + std::string(26, 's') + "\r\n"); }));
  feed->end = true;
  ASSERT_TRUE(loop.until([&] { return peer.has("\r\n0\r\n\r\n"); }));
  ASSERT_TRUE(loop.until([&] { return feed->destroyed; }));
  EXPECT_FALSE(peer.has_ended());
}

TEST_F(ServerTest, TheHeadLeavesEarlyWhenAsked) {
  auto feed = std::make_shared<PushedBody::Feed>();
  handler.answer = [&](Request r) { return stream_from(&loop.shard, feed, true, std::move(r)); };
  start();
  auto peer = connect();
  ASSERT_TRUE(peer.send(get("/s")));
  ASSERT_TRUE(loop.until([&] { return peer.has("\r\n\r\n"); }));
  EXPECT_TRUE(peer.received.ends_with("\r\n\r\n"));
  feed->chunks.emplace_back("x");
  feed->end = true;
  ASSERT_TRUE(loop.until([&] { return peer.has("1\r\nx\r\n0\r\n\r\n"); }));
}

TEST_F(ServerTest, AnHttp10StreamEndsByClosing) {
  auto feed = std::make_shared<PushedBody::Feed>();
  feed->chunks = {"one", "two"};
  feed->end = true;
  handler.answer = [&](Request r) { return stream_from(&loop.shard, feed, false, std::move(r)); };
  start();
  const std::string answer = exchange("GET /s HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("\r\n\r\nonetwo")) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_EQ(answer.find("Transfer-Encoding"), std::string::npos);
}

TEST_F(ServerTest, AnHttp10ClientMayKeepTheConnection) {
  start();
  auto peer = connect();
  for (int i = 1; i <= 2; ++i) {
    ASSERT_TRUE(peer.send("GET /k HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
    ASSERT_TRUE(loop.until([&] {
      peer.pump();
      return count_of(peer.received, "Connection: keep-alive\r\n\r\n/k|") == static_cast<std::size_t>(i);
    })) << peer.received;
  }
}

TEST_F(ServerTest, HeadHasTheLengthButNoBody) {
  start();
  const std::string answer =
      exchange("HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n" + get("/next", "Connection: close\r\n"));
  EXPECT_NE(answer.find("Content-Length: 3\r\n\r\nHTTP/1.1 200 OK"), std::string::npos) << answer;
  EXPECT_EQ(count_of(answer, "/h|"), 0U);
}

TEST_F(ServerTest, SomeStatusesHaveNoBody) {
  int status = 204;
  handler.answer = [&](Request) { return answer_with(RecordingHandler::text(status, "never sent")); };
  start();
  for (const int s : {204, 304}) {
    status = s;
    const std::string answer = exchange(get("/", "Connection: close\r\n"));
    EXPECT_TRUE(answer.ends_with("Connection: close\r\n\r\n")) << answer;
    EXPECT_EQ(answer.find("Content-Length"), std::string::npos);
    EXPECT_EQ(answer.find("Transfer-Encoding"), std::string::npos);
  }
}

TEST_F(ServerTest, NoBodyIsLengthZero) {
  handler.answer = [](Request) { return answer_with(Response{}); };
  start();
  EXPECT_NE(exchange(get("/", "Connection: close\r\n")).find("Content-Length: 0\r\n"), std::string::npos);
}

TEST_F(ServerTest, TheServersOwnFieldsCannotBeSetAndLinesCannotBeBroken) {
  handler.answer = [](Request) {
    auto response = RecordingHandler::text(200, "body");
    response.head.fields.add("Content-Length", "99");
    response.head.fields.add("transfer-encoding", "chunked");
    response.head.fields.add("Date", "never");
    response.head.fields.add("Connection", "upgrade");
    response.head.fields.add("X-Split", "a\r\nSet-Cookie: stolen");
    response.head.fields.add("X-Kept", "yes");
    return answer_with(std::move(response));
  };
  start();
  const std::string answer = exchange(get("/", "Connection: close\r\n"));
  EXPECT_EQ(count_of(answer, "Content-Length: 4\r\n"), 1U) << answer;
  EXPECT_EQ(answer.find("99"), std::string::npos);
  EXPECT_EQ(answer.find("chunked"), std::string::npos);
  EXPECT_EQ(answer.find("never"), std::string::npos);
  EXPECT_EQ(answer.find("upgrade"), std::string::npos);
  EXPECT_EQ(answer.find("Set-Cookie"), std::string::npos);
  EXPECT_NE(answer.find("X-Kept: yes"), std::string::npos);
}

TEST_F(ServerTest, ContinueIsSentByTheFirstPull) {
  start();
  auto peer = connect();
  ASSERT_TRUE(peer.send("POST /e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"));
  ASSERT_TRUE(loop.until([&] { return peer.has("HTTP/1.1 100 Continue\r\n\r\n"); }));
  ASSERT_TRUE(peer.send("hello"));
  ASSERT_TRUE(loop.until([&] { return peer.has("/e|hello"); }));
  EXPECT_EQ(count_of(peer.received, "100 Continue"), 1U);
}

TEST_F(ServerTest, ContinueIsNotSentWhenTheBodyIsHereOrNotWanted) {
  start();
  EXPECT_EQ(exchange("POST /e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n"
                     "Connection: close\r\n\r\nhello")
                .find("100 Continue"),
            std::string::npos);
  handler.answer = ignore_body;
  const std::string answer =
      exchange("POST /e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(answer.find("100 Continue"), std::string::npos);
  EXPECT_NE(answer.find("Connection: close"), std::string::npos) << "the body may or may not follow";
}

TEST_F(ServerTest, ABodyNobodyReadIsSkippedWhenItIsHere) {
  handler.answer = ignore_body;
  start();
  const std::string answer = exchange("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" +
                                      get("/b", "Connection: close\r\n"));
  EXPECT_EQ(count_of(answer, "200 OK"), 2U) << answer;
}

TEST_F(ServerTest, ABodyNobodyReadClosesWhenItIsNotHere) {
  handler.answer = ignore_body;
  start();
  const std::string answer = exchange("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\n\r\nhello");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_EQ(count_of(answer, "200 OK"), 1U);
}

TEST_F(ServerTest, ABodyCanBeAnsweredWhileItArrives) {
  handler.answer = mirror;
  start();
  auto peer = connect();
  ASSERT_TRUE(peer.send("POST /m HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"));
  ASSERT_TRUE(loop.until([&] { return peer.has("3\r\nabc\r\n"); }));
  ASSERT_TRUE(peer.send("2\r\nde\r\n0\r\n\r\n"));
  ASSERT_TRUE(loop.until([&] { return peer.has("2\r\nde\r\n0\r\n\r\n"); }));
  ASSERT_TRUE(peer.send(get("/again", "Connection: close\r\n")));
  ASSERT_TRUE(loop.until([&] { return peer.has_ended(); }));
  EXPECT_EQ(count_of(peer.received, "200 OK"), 2U);
}

TEST_F(ServerTest, AnEarlyRefusalCanBeRead) {
  settings.max_body_bytes = 1000;
  start();
  auto peer = connect();
  const std::string body(600'000, 'b');
  const std::string request = "POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 600000\r\n\r\n" + body;
  std::size_t sent = 0;
  ASSERT_TRUE(loop.until([&] {  // the client writes on for as long as it can, as most do
    sent += peer.send_some(std::string_view(request).substr(sent));
    return peer.has("refused request_body_too_large");
  })) << peer.received;
  EXPECT_TRUE(peer.received.starts_with("HTTP/1.1 413 "));
  EXPECT_FALSE(peer.reset);
  EXPECT_EQ(handler.seen.size(), 0U);
  EXPECT_EQ(handler.refused_targets[0], "/big");
}

TEST_F(ServerTest, AnUndeclaredBodyIsCutAtTheLimit) {
  settings.max_body_bytes = 10;
  start();
  const std::string answer = exchange(
      "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
      "chunked\r\n\r\n8\r\n12345678\r\n8\r\n12345678\r\n0\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
  ASSERT_EQ(handler.seen.size(), 1U);
  EXPECT_EQ(handler.seen[0].error, "request_body_too_large");
}

TEST_F(ServerTest, TheLargestBodyIsTaken) {
  settings.max_body_bytes = 10;
  start();
  EXPECT_TRUE(
      exchange("POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\nConnection: close\r\n\r\n1234567890")
          .ends_with("/c|1234567890"));
}

runtime::Task<Response> throw_something(Request) {
  throw std::runtime_error("a secret detail");
  co_return Response{};
}

TEST_F(ServerTest, AHandlerThatThrowsIsA500) {
  handler.answer = throw_something;
  start();
  const std::string answer = exchange(get("/v1/messages"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 ")) << answer;
  EXPECT_EQ(answer.find("secret"), std::string::npos);
  EXPECT_EQ(handler.refused_targets, std::vector<std::string>{"/v1/messages"});
  handler.answer = nullptr;
  EXPECT_NE(exchange(get("/ok", "Connection: close\r\n")).find("200 OK"), std::string::npos);
}

TEST_F(ServerTest, AStreamThatBreaksEndsWithoutItsLastChunk) {
  auto feed = std::make_shared<PushedBody::Feed>();
  feed->chunks = {"part"};
  handler.answer = [&](Request r) { return stream_from(&loop.shard, feed, false, std::move(r)); };
  start();
  auto peer = connect();
  ASSERT_TRUE(peer.send(get("/s")));
  ASSERT_TRUE(loop.until([&] { return peer.has("part"); }));
  feed->fail = true;
  ASSERT_TRUE(loop.until([&] { return peer.has_ended(); }));
  EXPECT_TRUE(peer.received.ends_with("4\r\npart\r\n")) << peer.received;
}

TEST_F(ServerTest, AStreamThatBreaksBeforeItsFirstByteIsAnError) {
  auto feed = std::make_shared<PushedBody::Feed>();
  feed->fail = true;
  handler.answer = [&](Request r) { return stream_from(&loop.shard, feed, false, std::move(r)); };
  start();
  EXPECT_TRUE(exchange(get("/s", "Connection: close\r\n")).starts_with("HTTP/1.1 502 "));
}

/// Says one length and has another.
class LyingBody final : public BodySource {
 public:
  LyingBody(std::uint64_t said, std::string has) : said_(said), has_(std::move(has)) {}
  runtime::Task<core::Result<Chunk>> next() override {
    if (given_ == has_.size()) co_return Chunk{.bytes = {}, .end = true};
    co_return Chunk{.bytes = std::string_view(has_).substr(given_++, 1)};
  }
  [[nodiscard]] std::optional<std::uint64_t> length() const override { return said_; }

 private:
  std::uint64_t said_;
  std::string has_;
  std::size_t given_ = 0;
};

runtime::Task<Response> lie(std::uint64_t said, std::string has) {
  Response response;
  response.body = std::make_unique<LyingBody>(said, std::move(has));
  co_return response;
}

TEST_F(ServerTest, ABodyThatLiesAboutItsLengthEndsTheConnection) {
  handler.answer = [](Request) { return lie(5, "abc"); };
  start();
  EXPECT_TRUE(exchange(get("/short")).ends_with("Content-Length: 5\r\n\r\nabc"));
  handler.answer = [](Request) { return lie(2, "abc"); };
  EXPECT_TRUE(exchange(get("/long")).ends_with("Content-Length: 2\r\n\r\nab"));
}

TEST_F(ServerTest, TrustedProxiesVouchForTheClient) {
  settings.trusted_proxies.ranges = {*net::Cidr::parse("127.0.0.0/8"), *net::Cidr::parse("10.0.0.0/8")};
  start();
  exchange(get("/",
               "X-Forwarded-For: 9.9.9.9, 203.0.113.7\r\nX-Forwarded-For: 10.1.1.1\r\n"
               "X-Forwarded-Proto: http, https\r\nConnection: close\r\n"));
  ASSERT_EQ(handler.seen.size(), 1U);
  EXPECT_EQ(handler.seen[0].peer.address.to_string(), "203.0.113.7");
  EXPECT_TRUE(handler.seen[0].peer.tls);
  EXPECT_EQ(handler.seen[0].peer.local_port, server->endpoint().port());
}

TEST_F(ServerTest, StrangersVouchForNobody) {
  settings.trusted_proxies.ranges = {*net::Cidr::parse("10.0.0.0/8")};
  start();
  exchange(get("/", "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n"));
  ASSERT_EQ(handler.seen.size(), 1U);
  EXPECT_EQ(handler.seen[0].peer.address.to_string(), "127.0.0.1");
  EXPECT_FALSE(handler.seen[0].peer.tls);
}

TEST_F(ServerTest, SaysWhyItCannotListen) {
  start();
  auto taken = settings;
  taken.bind = server->endpoint();
  Server second(loop.shard, taken, handler);
  const auto listening = second.listen();
  ASSERT_FALSE(listening);
  EXPECT_NE(listening.error().message.find("127.0.0.1:" + std::to_string(taken.bind.port())),
            std::string::npos)
      << listening.error().message;
}

TEST_F(ServerTest, ReusedPortsAreShared) {
  settings.reuse_port = true;
  start();
  auto same = settings;
  same.bind = server->endpoint();
  Server second(loop.shard, same, handler);
  EXPECT_TRUE(second.listen());
  second.stop_accepting();
  loop.run(second.wait_closed());
}

TEST_F(ServerTest, ConnectionsBeyondTheLimitAreClosedAtOnce) {
  settings.max_connections = 2;
  start();
  auto a = connect();
  auto b = connect();
  ASSERT_TRUE(loop.until([&] { return server->stats().connections == 2; }));
  auto c = connect();
  ASSERT_TRUE(loop.until([&] { return c.has_ended(); }));
  a.close();
  ASSERT_TRUE(loop.until([&] { return server->stats().connections == 1; }));
  auto d = connect();
  ASSERT_TRUE(d.send(get("/d")));
  ASSERT_TRUE(loop.until([&] { return d.has("/d|"); }));
}

}  // namespace
}  // namespace relayna::http
