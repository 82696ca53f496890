#include <string>

#include "unit/http/client_fixture.hpp"

namespace relayna::http {
namespace {

using namespace std::chrono_literals;

TEST_F(ClientTest, SendsTheRequestAsOneHeadAndTheBodyAsItIs) {
  Call call;
  call.target = "/v1/chat?x=%20y";
  call.fields.add("Authorization", "Bearer k");
  call.fields.add("X-Odd", "Kept  As Is");
  call.fields.add("Host", "elsewhere");
  call.fields.add("Content-Length", "999");
  call.fields.add("Connection", "close");
  call.fields.add("Transfer-Encoding", "chunked");
  call.fields.add("Expect", "100-continue");
  call.fields.add("TE", "trailers");
  call.body = {"{\"a\":", "", "1}"};
  start(call);
  accept(peer_);
  expect_request(peer_, "{\"a\":1}");
  EXPECT_EQ(peer_.received,
            "POST /v1/chat?x=%20y HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(upstream.port) +
                "\r\nAuthorization: Bearer k\r\nX-Odd: Kept  As Is\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
  peer_.send("HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-Up: 1\r\n\r\nhello");
  finish(call);
  EXPECT_EQ(call.status(), 201);
  EXPECT_EQ((*call.answer)->head.fields.get("x-up"), "1");
  EXPECT_EQ(call.received, "hello");
}

TEST_F(ClientTest, ARequestWithoutABodyHasNoLength) {
  Call call;
  call.method = "GET";
  call.has_body = false;
  start(call);
  accept(peer_);
  expect_request(peer_);
  EXPECT_EQ(peer_.received.find("Content-Length"), std::string::npos);
  peer_.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  finish(call);
}

TEST_F(ClientTest, ReusesTheConnectionUsedLast) {
  test::RawPeer peer;
  warm_up(peer);
  for (int i = 0; i < 3; ++i) {
    Call call;
    start(call);
    expect_request(peer);
    peer.received.clear();
    ASSERT_TRUE(peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
    finish(call);
    EXPECT_EQ(call.received, "abc");
    EXPECT_TRUE((*call.answer)->reused_connection);
  }
  EXPECT_EQ(client->stats().connects, 1U);
  EXPECT_EQ(client->stats().reuses, 3U);
  EXPECT_EQ(client->stats().idle, 1U);
  EXPECT_EQ(client->stats().active, 0U);
}

/// Answers after which the connection must not be used again.
TEST_F(ClientTest, ClosesWhatCannotBeReused) {
  for (const char* answer : {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
                             "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
                             "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 stray\r\n\r\n"}) {
    Call call;
    answer_with(call, answer, false);
    EXPECT_EQ(call.received, "ok") << answer;
    EXPECT_EQ(client->stats().idle, 0U) << answer;
    EXPECT_TRUE(loop.until([&] { return peer_.has_ended(); }));
  }
}

TEST_F(ClientTest, ABodyThatCameWithItsHeadFreesTheConnectionAtOnce) {
  Call call;
  call.keep_body = true;
  answer_with(call, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
              false);
  EXPECT_EQ(client->stats().idle, 1U);
  EXPECT_EQ((*call.answer)->body->length(), 3U) << "known, although it was chunked";
  EXPECT_EQ(loop.run((*call.answer)->body->next())->bytes, "abc");
  EXPECT_EQ((*call.answer)->body->length(), 0U);
  EXPECT_TRUE(loop.run((*call.answer)->body->next())->end);
}

TEST_F(ClientTest, AStaleConnectionIsNotReused) {
  test::RawPeer peer;
  warm_up(peer);
  peer.close();
  Call call;
  start(call);
  accept(peer_);
  expect_request(peer_);
  peer_.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  finish(call);
  EXPECT_FALSE((*call.answer)->reused_connection);
  EXPECT_EQ(client->stats().connects, 2U);
}

TEST_F(ClientTest, StrayBytesMakeAConnectionStale) {
  test::RawPeer peer;
  warm_up(peer);
  ASSERT_TRUE(peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"));
  Call call;
  start(call);
  accept(peer_);
  expect_request(peer_);
  peer_.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal");
  finish(call);
  EXPECT_EQ(call.received, "real");
}

TEST_F(ClientTest, AReusedConnectionThatBreaksBeforeAnAnswerIsRetriedOnce) {
  for (const bool reset : {false, true}) {
    client->clear();
    test::RawPeer peer;
    warm_up(peer);
    Call call;
    call.body = {"payload"};
    start(call);
    expect_request(peer, "payload");
    reset ? peer.abort() : peer.close();
    accept(peer_);
    expect_request(peer_, "payload");
    peer_.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    finish(call);
    EXPECT_EQ(call.received, "ok");
    EXPECT_FALSE((*call.answer)->reused_connection);
  }
}

TEST_F(ClientTest, TheRetryIsNotRetried) {
  test::RawPeer peer;
  warm_up(peer);
  Call call;
  start(call);
  expect_request(peer);
  peer.close();
  accept(peer_);
  expect_request(peer_);
  peer_.close();
  finish(call);
  EXPECT_EQ(call.error(), "upstream_connection");
  test::RawPeer third;
  EXPECT_FALSE(upstream.accept(third));
}

TEST_F(ClientTest, AFreshConnectionIsNotRetried) {
  Call call;
  start(call);
  accept(peer_);
  expect_request(peer_);
  peer_.close();
  finish(call);
  EXPECT_EQ(call.error(), "upstream_connection");
  EXPECT_EQ(client->stats().connects, 1U);
}

TEST_F(ClientTest, AReusedConnectionIsNotRetriedOnceItAnswered) {
  test::RawPeer peer;
  warm_up(peer);
  Call call;
  start(call);
  expect_request(peer);
  ASSERT_TRUE(peer.send("HTTP/1.1 2"));
  ASSERT_TRUE(loop.until([&] { return loop.shard.io().poll() == 0; }));
  peer.close();
  finish(call);
  EXPECT_EQ(call.error(), "upstream_protocol");
  EXPECT_EQ(client->stats().connects, 1U);
}

TEST_F(ClientTest, AnAnswerMayComeByteByByte) {
  Call call;
  start(call);
  accept(peer_);
  expect_request(peer_);
  const std::string answer =
      "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: "
      "y\r\n\r\n"
      "5;e=1\r\nhello\r\nb\r\n to the end\r\n0\r\nTrailer: t\r\n\r\n";
  for (const char c : answer) {
    ASSERT_TRUE(peer_.send({&c, 1}));
    loop.shard.io().poll();
  }
  finish(call);
  EXPECT_EQ(call.received, "hello to the end");
  EXPECT_EQ((*call.answer)->head.fields.size(), 2U) << "neither hints nor trailers";
  EXPECT_EQ(client->stats().idle, 1U);
}

TEST_F(ClientTest, InterimAnswersAreSkipped) {
  Call call;
  answer_with(call,
              "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 "
              "OK\r\nContent-Length: 2\r\n\r\nok",
              false);
  EXPECT_EQ(call.status(), 200);
  EXPECT_EQ(call.received, "ok");
}

TEST_F(ClientTest, SomeAnswersHaveNoBody) {
  for (const char* answer :
       {"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}) {
    Call call;
    call.keep_body = true;
    answer_with(call, answer, false);
    EXPECT_EQ((*call.answer)->body->length(), 0U);
    EXPECT_EQ(client->stats().idle, 1U);
    client->clear();
  }
  Call head;
  head.method = "HEAD";
  head.has_body = false;
  answer_with(head, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", false);
  EXPECT_EQ(head.received, "");
  EXPECT_EQ((*head.answer)->head.fields.get("content-length"), "9");
  EXPECT_EQ(client->stats().idle, 1U);
}

TEST_F(ClientTest, ABodyMayEndByClosing) {
  Call call;
  answer_with(call, "HTTP/1.1 200 OK\r\n\r\nuntil the end", true);
  EXPECT_EQ(call.received, "until the end");
  EXPECT_EQ(call.error(), "");
  EXPECT_EQ(client->stats().idle, 0U);
  EXPECT_EQ(client->stats().active, 0U);
}

TEST_F(ClientTest, GzipIsPassedAsItIs) {
  Call call;
  const std::string gzip("\x1f\x8b\x08\x00\x01", 5);
  answer_with(call, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n" + gzip, false);
  EXPECT_EQ(call.received, gzip);
  EXPECT_EQ((*call.answer)->head.fields.get("content-encoding"), "gzip");
}

TEST_F(ClientTest, LineBreaksCannotBeSmuggledOut) {
  const std::pair<std::string, std::string> targets[] = {{"/x HTTP/1.1\r\nX: y", ""},
                                                         {"/x y", ""},
                                                         {"/ok", "a\r\nX: y"},
                                                         {"/ok", "a\nb"},
                                                         {"/ok", std::string("a\0b", 3)}};
  for (const auto& [target, value] : targets) {
    Call call;
    call.target = target;
    call.fields.add("X-Value", value);
    start(call);
    finish(call);
    EXPECT_EQ(call.error(), "internal_error") << target << value;
  }
}

TEST_F(ClientTest, TooManyAtOnceAreRefused) {
  client.emplace(loop.shard, connector, Client::Settings{.max_per_origin = 1});
  Call first;
  start(first);
  accept(peer_);
  expect_request(peer_);
  Call second;
  start(second);
  finish(second);
  EXPECT_EQ(second.error(), "upstream_connection");
  peer_.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  finish(first);
  EXPECT_EQ(first.status(), 200);
}

TEST_F(ClientTest, IdleConnectionsAreClosedInTime) {
  client.emplace(loop.shard, connector, Client::Settings{.idle_timeout = 20ms});
  test::RawPeer peer;
  warm_up(peer);
  EXPECT_TRUE(loop.until([&] { return peer.has_ended(); }));
  EXPECT_EQ(client->stats().idle, 0U);
}

TEST_F(ClientTest, OldConnectionsAreNotReused) {
  client.emplace(loop.shard, connector, Client::Settings{.max_age = 0ms});
  Call call;
  answer_with(call, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false);
  EXPECT_EQ(client->stats().idle, 0U);
}

TEST_F(ClientTest, ABodyMayOutliveItsClient) {
  Call call;
  start(call);
  accept(peer_);
  expect_request(peer_);
  peer_.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
  ASSERT_TRUE(loop.until([&] { return call.received == "abc"; }));
  client.reset();
  peer_.send("def");
  finish(call);
  EXPECT_EQ(call.received, "abcdef");
  EXPECT_TRUE(loop.until([&] { return peer_.has_ended(); }));
}

}  // namespace
}  // namespace relayna::http
