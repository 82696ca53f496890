#include <string>

#include "unit/http/client_fixture.hpp"

namespace relayna::http {
namespace {

using namespace std::chrono_literals;

struct BadAnswer {
  const char* name;
  std::string bytes;
  bool close;
  const char* code;
};

class BadAnswerTest : public ClientTest, public ::testing::WithParamInterface<BadAnswer> {};

TEST_P(BadAnswerTest, IsAnErrorAndTheConnectionIsClosed) {
  Call call;
  answer_with(call, GetParam().bytes, GetParam().close);
  EXPECT_EQ(call.error(), GetParam().code);
  EXPECT_EQ(client->stats().idle, 0U);
  EXPECT_EQ(client->stats().active, 0U);
  if (!GetParam().close) {
    EXPECT_TRUE(loop.until([&] { return peer_.has_ended(); }));
  }
}

const char* const kProtocol = "upstream_protocol";

INSTANTIATE_TEST_SUITE_P(
    Table, BadAnswerTest,
    ::testing::Values(
        BadAnswer{"not_http", "SSH-2.0-OpenSSH_9.2\r\n\r\n", false, kProtocol},
        BadAnswer{"binary", std::string("\x15\x03\x01\x00\x02", 5), false, kProtocol},
        BadAnswer{"bad_version", "HTTP/2.0 200 OK\r\n\r\n", false, kProtocol},
        BadAnswer{"bad_status", "HTTP/1.1 2x0 OK\r\n\r\n", false, kProtocol},
        BadAnswer{"status_too_small", "HTTP/1.1 099 OK\r\n\r\n", false, kProtocol},
        BadAnswer{"bare_line_feeds", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", false, kProtocol},
        BadAnswer{"folded", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", false, kProtocol},
        BadAnswer{"switching", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", false, kProtocol},
        BadAnswer{"lengths_differ", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                  false, kProtocol},
        BadAnswer{"length_and_coding",
                  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", false,
                  kProtocol},
        BadAnswer{"unknown_coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                  false, kProtocol},
        BadAnswer{"coding_in_http10", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false,
                  kProtocol},
        BadAnswer{"head_too_large", "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n", false,
                  kProtocol},
        BadAnswer{"interim_without_end",
                  [] {
                    std::string s;
                    for (int i = 0; i < 50; ++i) s += "HTTP/1.1 100 Continue\r\n\r\n";
                    return s;
                  }(),
                  false, kProtocol},
        BadAnswer{"head_cut_off", "HTTP/1.1 200 OK\r\nContent-Le", true, kProtocol},
        BadAnswer{"body_cut_off", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", true, kProtocol},
        BadAnswer{"body_never_began", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", true, kProtocol},
        BadAnswer{"chunk_cut_off", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", true,
                  kProtocol},
        BadAnswer{"last_chunk_missing", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
                  true, kProtocol},
        BadAnswer{"bad_chunk_size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabcde\r\n",
                  false, kProtocol},
        BadAnswer{"bad_second_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nzz\r\n",
                  false, kProtocol},
        BadAnswer{"chunk_not_closed", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcde\r\n",
                  false, kProtocol}),
    [](const auto& param) { return std::string(param.param.name); });

TEST_F(ClientTest, RefusedConnectionsAreConnectionErrors) {
  std::uint16_t closed_port = 0;
  {
    const test::RawListener gone;
    closed_port = gone.port;
  }
  Call call;
  loop.shard.tasks().spawn(run_call(&*client, {false, "127.0.0.1", closed_port}, &call));
  finish(call);
  EXPECT_EQ(call.error(), "upstream_connection");
  EXPECT_FALSE(call.sent);
  EXPECT_EQ(client->stats().active, 0U);
}

TEST_F(ClientTest, AResetBeforeTheHeadIsAConnectionError) {
  Call call;
  start(call);
  accept(peer_);
  expect_request(peer_);
  peer_.abort();
  finish(call);
  EXPECT_EQ(call.error(), "upstream_connection");
}

TEST_F(ClientTest, AResetInsideTheBodyIsAConnectionError) {
  Call call;
  start(call);
  accept(peer_);
  expect_request(peer_);
  peer_.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  ASSERT_TRUE(loop.until([&] { return call.received == "abc"; }));
  peer_.abort();
  finish(call);
  EXPECT_EQ(call.error(), "upstream_connection");
}

TEST_F(ClientTest, ASilentUpstreamTimesOut) {
  Call call;
  call.timeouts.first_byte = 60ms;
  start(call);
  accept(peer_);
  finish(call);
  EXPECT_EQ(call.error(), "upstream_timeout");
  EXPECT_TRUE(call.sent) << "it may have been at work";
  expect_request(peer_);
  EXPECT_TRUE(loop.until([&] { return peer_.has_ended(); }));
}

TEST_F(ClientTest, AReusedConnectionThatIsSilentIsNotRetried) {
  test::RawPeer peer;
  warm_up(peer);
  Call call;
  call.timeouts.first_byte = 60ms;
  start(call);
  finish(call);
  EXPECT_EQ(call.error(), "upstream_timeout");
  EXPECT_EQ(client->stats().connects, 1U);
}

TEST_F(ClientTest, AHeadThatDripsTimesOut) {
  Call call;
  call.timeouts.idle = 60ms;
  start(call);
  accept(peer_);
  expect_request(peer_);
  peer_.send("HTTP/1.1 200 OK\r\nX: ");
  ASSERT_TRUE(loop.until([&] {
    if (peer_.open() && !call.done) peer_.send("x");
    return call.done;
  }));
  EXPECT_EQ(call.error(), "upstream_timeout");
}

TEST_F(ClientTest, ABodyThatStopsTimesOut) {
  Call call;
  call.timeouts.idle = 60ms;
  answer_with(call, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", false);
  EXPECT_EQ(call.received, "abc");
  EXPECT_EQ(call.error(), "upstream_timeout");
}

TEST_F(ClientTest, TheTotalBoundsABodyThatNeverStops) {
  Call call;
  call.timeouts.total = core::Deadline::in(loop.shard.clock(), 150ms);
  start(call);
  accept(peer_);
  expect_request(peer_);
  peer_.send("HTTP/1.1 200 OK\r\n\r\n");
  ASSERT_TRUE(loop.until([&] {
    if (!call.done) peer_.send("x");
    return call.done;
  }));
  EXPECT_EQ(call.error(), "upstream_timeout");
}

TEST_F(ClientTest, AConsumerThatIsSlowIsNoFaultOfTheUpstream) {
  Call call;
  call.keep_body = true;
  call.timeouts.idle = 60ms;
  answer_with(call, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc", false);
  auto& body = (*call.answer)->body;
  EXPECT_EQ(loop.run(body->next())->bytes, "abc");
  loop.run(loop.shard.sleep(130ms));  // longer than idle
  peer_.send("def");
  EXPECT_EQ(loop.run(body->next())->bytes, "def");
  EXPECT_TRUE(loop.run(body->next())->end);
  EXPECT_EQ(client->stats().idle, 1U);
}

TEST_F(ClientTest, AbandoningABodyClosesItsConnection) {
  Call call;
  call.keep_body = true;
  answer_with(call, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc", false);
  EXPECT_EQ(client->stats().active, 1U);
  (*call.answer)->body.reset();
  EXPECT_EQ(client->stats().active, 0U);
  EXPECT_EQ(client->stats().idle, 0U);
  EXPECT_TRUE(loop.until([&] { return peer_.has_ended(); }));
}

TEST_F(ClientTest, StoppingBeforeTheAnswerClosesTheConnection) {
  Call call;
  start(call);
  accept(peer_);
  expect_request(peer_);
  call.stop.request_stop();
  finish(call);
  EXPECT_EQ(call.error(), "client_closed");
  EXPECT_TRUE(loop.until([&] { return peer_.has_ended(); }));
}

TEST_F(ClientTest, StoppingAReusedConnectionIsNotRetried) {
  test::RawPeer peer;
  warm_up(peer);
  Call call;
  start(call);
  expect_request(peer);
  call.stop.request_stop();
  finish(call);
  EXPECT_EQ(call.error(), "client_closed");
  EXPECT_EQ(client->stats().connects, 1U);
}

TEST_F(ClientTest, StoppingInTheBodyClosesTheConnection) {
  Call call;
  start(call);
  accept(peer_);
  expect_request(peer_);
  peer_.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  ASSERT_TRUE(loop.until([&] { return call.received == "abc"; }));
  call.stop.request_stop();
  finish(call);
  EXPECT_EQ(call.error(), "client_closed");
  EXPECT_TRUE(loop.until([&] { return peer_.has_ended(); }));
}

TEST_F(ClientTest, NothingIsSentOnceStopped) {
  Call call;
  call.stop.request_stop();
  start(call);
  finish(call);
  EXPECT_EQ(call.error(), "client_closed");
  EXPECT_EQ(client->stats().connects, 0U);
}

TEST_F(ClientTest, ALargeBodyIsTakenAtTheUpstreamsPace) {
  Call call;
  const std::string piece = std::string(700'000, 'p') + "|";
  for (int i = 0; i < 30; ++i) call.body.push_back(piece);  // more pieces than one gather-write takes
  start(call);
  accept(peer_);
  const std::size_t total = piece.size() * 30;
  std::size_t got = 0;
  std::size_t bars = 0;
  bool head_skipped = false;
  ASSERT_TRUE(loop.until([&] {
    peer_.pump();
    if (!head_skipped && peer_.received.find("\r\n\r\n") != std::string::npos) {
      peer_.received.erase(0, peer_.received.find("\r\n\r\n") + 4);
      head_skipped = true;
    }
    if (!head_skipped) return false;
    got += peer_.received.size();
    bars += static_cast<std::size_t>(std::count(peer_.received.begin(), peer_.received.end(), '|'));
    peer_.received.clear();
    return got == total;
  })) << got;
  EXPECT_EQ(bars, 30U);
  peer_.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  finish(call);
  EXPECT_EQ(call.received, "ok");
  EXPECT_EQ(client->stats().idle, 1U);
}

/// An upstream that refuses a body it has not read.
class EarlyAnswerTest : public ClientTest, public ::testing::WithParamInterface<bool> {};

TEST_P(EarlyAnswerTest, IsReadAlthoughTheBodyWasNotTaken) {
  Call call;
  call.body = {std::string(20'000'000, 'b')};
  start(call);
  accept(peer_);
  ASSERT_TRUE(loop.until([&] {
    peer_.pump(1000);
    return peer_.received.find("\r\n\r\n") != std::string::npos;
  }));
  ASSERT_TRUE(peer_.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig"));
  if (GetParam()) peer_.shutdown_send();  // else it neither reads nor closes
  finish(call);
  EXPECT_EQ(call.status(), 413);
  EXPECT_EQ(call.received, "big");
  EXPECT_EQ(client->stats().idle, 0U);
}

INSTANTIATE_TEST_SUITE_P(Closing, EarlyAnswerTest, ::testing::Bool());

TEST_F(ClientTest, AnInterimAnswerDoesNotEndAnUpload) {
  Call call;
  call.body = {std::string(8'000'000, 'b')};
  start(call);
  accept(peer_);
  ASSERT_TRUE(loop.until([&] {
    peer_.pump(1000);
    return peer_.received.find("\r\n\r\n") != std::string::npos;
  }));
  ASSERT_TRUE(peer_.send("HTTP/1.1 100 Continue\r\n\r\n"));
  for (int i = 0; i < 10; ++i) loop.shard.io().run_one_for(20ms);
  const std::size_t head = peer_.received.find("\r\n\r\n") + 4;
  ASSERT_TRUE(loop.until([&] {
    peer_.pump();
    return peer_.received.size() == head + 8'000'000;
  })) << peer_.received.size();
  peer_.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  finish(call);
  EXPECT_EQ(call.received, "ok");
  EXPECT_EQ(client->stats().idle, 1U);
}

TEST_F(ClientTest, AnUploadNobodyTakesTimesOut) {
  Call call;
  call.timeouts.idle = 60ms;
  call.body = {std::string(20'000'000, 'b')};
  start(call);
  accept(peer_);
  finish(call);
  EXPECT_EQ(call.error(), "upstream_timeout");
}

}  // namespace
}  // namespace relayna::http
