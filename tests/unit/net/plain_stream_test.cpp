#include <array>
#include <optional>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "relayna/net/stream.hpp"

#include "support/loop.hpp"
#include "support/sockets.hpp"

namespace relayna::net {
namespace {

using namespace std::chrono_literals;

class PlainStream : public ::testing::Test {
 protected:
  core::FakeClock clock;
  test::Loop loop{clock};
  std::unique_ptr<Stream> a;
  std::unique_ptr<Stream> b;

  void SetUp() override { connect(); }
  void connect(int buffer = 0) {
    auto pair = test::connected_pair(loop.shard, buffer);
    a = make_plain_stream(loop.shard, std::move(pair.a));
    b = make_plain_stream(loop.shard, std::move(pair.b));
  }
  static IoResult write(Stream& stream, std::initializer_list<std::string_view> pieces) {
    return stream.try_write(std::span(pieces.begin(), pieces.size()));
  }
};

runtime::Task<void> wait_into(Stream* stream, bool readable, std::optional<IoStatus>* out) {
  if (readable) {
    *out = co_await stream->wait_readable();
  } else {
    *out = co_await stream->wait_writable();
  }
}

runtime::Task<void> write_into(Stream* stream, std::string_view text, std::optional<IoResult>* out) {
  const std::array<std::string_view, 1> pieces{text};
  *out = co_await write_all(*stream, pieces);
}

runtime::Task<void> count_turns(const std::optional<IoResult>* until, int* turns) {
  while (!*until) {
    ++*turns;
    co_await boost::asio::post(boost::asio::use_awaitable_t<runtime::Executor>{});
  }
}

TEST_F(PlainStream, IsSetUpForSmallMessages) {
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  ASSERT_EQ(::getsockopt(a->native_handle(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
  EXPECT_EQ(no_delay, 1);
  EXPECT_FALSE(a->is_tls());
}

TEST_F(PlainStream, GathersPiecesInOrder) {
  EXPECT_EQ(write(*a, {"GET", "", " / ", "HTTP"}).bytes, 10u);
  EXPECT_EQ(loop.run(test::read_exactly(*b, 10)), "GET / HTTP");
}

TEST_F(PlainStream, NothingToDoIsNotAnEnd) {
  EXPECT_TRUE(a->try_read({}).ok());
  EXPECT_TRUE(write(*a, {}).ok());
  EXPECT_TRUE(write(*a, {"", ""}).ok());
  std::array<char, 8> buffer;
  EXPECT_EQ(b->try_read(buffer).status, IoStatus::would_block);
}

TEST_F(PlainStream, MorePiecesThanOneCallTakes) {
  std::string all;
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i)
    texts.push_back(std::string(static_cast<std::size_t>(i % 3), static_cast<char>('a' + i % 26)));
  std::vector<std::string_view> pieces(texts.begin(), texts.end());
  for (const auto& text : texts) all += text;
  const auto put = loop.run(write_all(*a, pieces));
  EXPECT_TRUE(put.ok());
  EXPECT_EQ(put.bytes, all.size());
  EXPECT_EQ(loop.run(test::read_exactly(*b, all.size())), all);
}

TEST_F(PlainStream, BackPressureLosesNothing) {
  connect(4096);
  const auto sent = test::pattern(3'000'000);
  std::optional<IoResult> written;
  loop.shard.tasks().spawn(write_into(a.get(), sent, &written));
  loop.shard.io().poll();
  EXPECT_FALSE(written) << "the buffers are far smaller";
  const auto received = loop.run(test::read_exactly(*b, sent.size()));
  EXPECT_TRUE(received == sent);
  ASSERT_TRUE(loop.until([&] { return written.has_value(); }));
  EXPECT_EQ(written->bytes, sent.size());
}

TEST_F(PlainStream, LargeWritesYieldToOthers) {
  // 64 slices of 256 KiB; a slice after which the socket is full waits instead of yielding.
  const std::string sent(16 * 1024 * 1024, 'x');
  std::optional<IoResult> written;
  int turns = 0;
  loop.shard.tasks().spawn(write_into(a.get(), sent, &written));
  loop.shard.tasks().spawn(count_turns(&written, &turns));
  EXPECT_EQ(loop.run(test::read_exactly(*b, sent.size())).size(), sent.size());
  ASSERT_TRUE(loop.until([&] { return loop.shard.tasks().size() == 0; }));
  EXPECT_GE(turns, 32);
}

TEST_F(PlainStream, OrderlyEndIsClosed) {
  write(*a, {"bye"});
  a->shutdown_send();
  IoStatus status{};
  EXPECT_EQ(loop.run(test::read_all(*b, &status)), "bye");
  EXPECT_EQ(status, IoStatus::closed);
  // The other direction still works.
  EXPECT_TRUE(write(*b, {"you too"}).ok());
  EXPECT_EQ(loop.run(test::read_exactly(*a, 7)), "you too");
}

TEST_F(PlainStream, ResetIsNotAnEnd) {
  const linger now{1, 0};
  ::setsockopt(a->native_handle(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  a->close();
  EXPECT_EQ(a->native_handle(), -1);
  std::array<char, 8> buffer;
  EXPECT_EQ(loop.run(read_some(*b, buffer)).status, IoStatus::reset);
  EXPECT_EQ(write(*b, {"x"}).status, IoStatus::reset) << "and no SIGPIPE";
}

TEST_F(PlainStream, DeadlineEndsTheWaitAndEverythingAfter) {
  a->expires_at(core::Deadline::in(clock, 1min));
  std::optional<IoStatus> status;
  loop.shard.tasks().spawn(wait_into(a.get(), true, &status));
  clock.advance(59s);
  loop.shard.sweep().sweep(clock.now());
  loop.shard.io().poll();
  EXPECT_FALSE(status);
  clock.advance(1s);
  ASSERT_TRUE(loop.until([&] { return status.has_value(); }));
  EXPECT_EQ(*status, IoStatus::timed_out);

  std::array<char, 8> buffer;
  EXPECT_EQ(a->try_read(buffer).status, IoStatus::timed_out);
  EXPECT_EQ(write(*a, {"x"}).status, IoStatus::timed_out);
  EXPECT_EQ(loop.run(a->wait_writable()), IoStatus::timed_out);
  EXPECT_TRUE(a->stale());
  a->cancel();
  EXPECT_EQ(loop.run(a->wait_readable()), IoStatus::timed_out) << "the first reason stays";
}

TEST_F(PlainStream, DeadlineTakenBackDoesNotFire) {
  a->expires_at(core::Deadline::in(clock, 1s));
  a->expires_never();
  clock.advance(1h);
  loop.shard.sweep().sweep(clock.now());
  std::array<char, 8> buffer;
  EXPECT_EQ(a->try_read(buffer).status, IoStatus::would_block);
}

TEST_F(PlainStream, CancelWakesBothWaits) {
  connect(4096);
  while (write(*a, {std::string(65536, 'x')}).ok()) {
  }
  std::optional<IoStatus> reading;
  std::optional<IoStatus> writing;
  loop.shard.tasks().spawn(wait_into(a.get(), true, &reading));
  loop.shard.tasks().spawn(wait_into(a.get(), false, &writing));
  loop.shard.io().poll();
  EXPECT_FALSE(reading || writing);
  a->cancel();
  a->cancel();
  ASSERT_TRUE(loop.until([&] { return reading && writing; }));
  EXPECT_EQ(*reading, IoStatus::cancelled);
  EXPECT_EQ(*writing, IoStatus::cancelled);
}

TEST_F(PlainStream, CancelWinsOverReadinessInTheSameTurn) {
  std::optional<IoStatus> status;
  loop.shard.tasks().spawn(wait_into(a.get(), true, &status));
  loop.shard.io().poll();
  write(*b, {"x"});
  a->cancel();
  ASSERT_TRUE(loop.until([&] { return status.has_value(); }));
  EXPECT_EQ(*status, IoStatus::cancelled);
}

TEST_F(PlainStream, CloseWakesAWait) {
  std::optional<IoStatus> status;
  loop.shard.tasks().spawn(wait_into(a.get(), true, &status));
  loop.shard.io().poll();
  a->close();
  ASSERT_TRUE(loop.until([&] { return status.has_value(); }));
  EXPECT_EQ(*status, IoStatus::cancelled);
}

TEST_F(PlainStream, FailedWriteCountsWhatWasWritten) {
  connect(4096);
  const auto sent = test::pattern(1'000'000);
  std::optional<IoResult> written;
  loop.shard.tasks().spawn(write_into(a.get(), sent, &written));
  loop.shard.io().poll();
  a->cancel();
  ASSERT_TRUE(loop.until([&] { return written.has_value(); }));
  EXPECT_EQ(written->status, IoStatus::cancelled);
  EXPECT_GT(written->bytes, 0u);
  EXPECT_LT(written->bytes, sent.size());
}

TEST_F(PlainStream, StaleTellsWhetherAnIdleConnectionMayBeReused) {
  EXPECT_FALSE(a->stale());
  write(*b, {"unexpected"});
  ASSERT_TRUE(loop.until([&] { return a->stale(); }));

  connect();
  b->shutdown_send();
  ASSERT_TRUE(loop.until([&] { return a->stale(); }));

  connect();
  const linger now{1, 0};
  ::setsockopt(b->native_handle(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  b->close();
  ASSERT_TRUE(loop.until([&] { return a->stale(); }));

  connect();
  a->close();
  EXPECT_TRUE(a->stale());
}

TEST_F(PlainStream, LeavesTheSweepWhenDestroyed) {
  const auto before = loop.shard.sweep().size();
  a.reset();
  EXPECT_EQ(loop.shard.sweep().size(), before - 1);
}

}  // namespace
}  // namespace relayna::net
