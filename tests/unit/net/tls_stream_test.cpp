#include "net/tls_stream.hpp"

#include <sys/socket.h>

#include "tls_fixture.hpp"

namespace relayna::net {
namespace {

class Tls : public TlsFixture {
 protected:
  void SetUp() override {
    TlsFixture::SetUp();
    connect();
  }
  void connect(int buffer = 0) {
    handshake("localhost", buffer);
    ASSERT_TRUE(*accepted) << accepted->error().describe();
    ASSERT_TRUE(*connected) << connected->error().describe();
  }
  /// Bytes from client to server and what arrives, both at once.
  std::string carry(Stream& from, Stream& to, const std::string& text) {
    std::optional<IoResult> written;
    loop.shard.tasks().spawn(write_into(&from, text, &written));
    auto received = loop.run(test::read_exactly(to, text.size()));
    EXPECT_TRUE(loop.until([&] { return written.has_value(); }));
    EXPECT_EQ(written->bytes, text.size());
    return received;
  }
  static runtime::Task<void> write_into(Stream* stream, std::string_view text, std::optional<IoResult>* out) {
    const std::array<std::string_view, 1> pieces{text};
    *out = co_await write_all(*stream, pieces);
  }
  static runtime::Task<void> wait_into(Stream* stream, std::optional<IoStatus>* out) {
    *out = co_await stream->wait_readable();
  }
  static IoResult write(Stream& stream, std::initializer_list<std::string_view> pieces) {
    return stream.try_write(std::span(pieces.begin(), pieces.size()));
  }
};

TEST_F(Tls, CarriesBytesBothWays) {
  EXPECT_EQ(carry(at_client(), at_server(), "ping"), "ping");
  EXPECT_EQ(carry(at_server(), at_client(), "pong"), "pong");
}

TEST_F(Tls, CarriesEverySizeAroundARecord) {
  for (const std::size_t size : {1u, 16383u, 16384u, 16385u, 32768u, 100000u}) {
    const auto text = test::pattern(size);
    EXPECT_TRUE(carry(at_client(), at_server(), text) == text) << size;
  }
}

TEST_F(Tls, BackPressureLosesNothing) {
  connect(4096);
  const auto text = test::pattern(1'000'000);
  EXPECT_TRUE(carry(at_server(), at_client(), text) == text);
  EXPECT_TRUE(carry(at_client(), at_server(), text) == text);
}

TEST_F(Tls, BothDirectionsAtOnceUnderBackPressure) {
  connect(4096);
  const auto up = test::pattern(500'000);
  const auto down = test::pattern(500'000);
  std::optional<IoResult> sent_up;
  std::optional<IoResult> sent_down;
  std::optional<std::string> got_up;
  loop.shard.tasks().spawn(write_into(&at_client(), up, &sent_up));
  loop.shard.tasks().spawn(write_into(&at_server(), down, &sent_down));
  loop.shard.io().poll();
  EXPECT_TRUE(loop.run(test::read_exactly(at_client(), down.size())) == down);
  EXPECT_TRUE(loop.run(test::read_exactly(at_server(), up.size())) == up);
  ASSERT_TRUE(loop.until([&] { return sent_up && sent_down; }));
  EXPECT_TRUE(sent_up->ok() && sent_down->ok());
}

TEST_F(Tls, SmallPiecesTravelInOneRecord) {
  EXPECT_EQ(write(at_client(), {"HEAD ", "", "of ", "a request", "\r\n"}).bytes, 19u);
  std::array<char, 64> buffer;
  const auto got = loop.run(read_some(at_server(), buffer));
  EXPECT_EQ(std::string_view(buffer.data(), got.bytes), "HEAD of a request\r\n")
      << "one read gives one record";
}

TEST_F(Tls, PiecesLongerThanARecordKeepTheirOrder) {
  const auto head = test::pattern(300);
  const auto body = test::pattern(40'000);
  const std::array<std::string_view, 3> pieces{head, body, "tail"};
  EXPECT_EQ(write(at_client(), {head, body}).bytes, 16384u);
  EXPECT_TRUE(loop.run(test::read_exactly(at_server(), 16384)) == (head + body).substr(0, 16384));
  const auto put = loop.run(write_all(at_client(), pieces));
  EXPECT_EQ(put.bytes, head.size() + body.size() + 4);
  EXPECT_TRUE(loop.run(test::read_exactly(at_server(), put.bytes)) == head + body + "tail");
}

TEST_F(Tls, NothingToDoIsNotAnEnd) {
  EXPECT_TRUE(at_client().try_read({}).ok());
  EXPECT_TRUE(write(at_client(), {}).ok());
  EXPECT_TRUE(write(at_client(), {"", ""}).ok());
  std::array<char, 8> buffer;
  EXPECT_EQ(at_server().try_read(buffer).status, IoStatus::would_block);
}

TEST_F(Tls, BufferedBytesCountAsReadable) {
  // Two records arrive together; OpenSSL reads both from the socket, which then stays silent.
  write(at_client(), {"first"});
  write(at_client(), {"second"});
  std::array<char, 3> small;
  EXPECT_EQ(loop.run(read_some(at_server(), small)).bytes, 3u);
  EXPECT_EQ(loop.run(at_server().wait_readable()), IoStatus::ok) << "the rest of the first record";
  EXPECT_EQ(loop.run(test::read_exactly(at_server(), 2)), "st");
  EXPECT_EQ(loop.run(at_server().wait_readable()), IoStatus::ok) << "the second record";
  EXPECT_EQ(loop.run(test::read_exactly(at_server(), 6)), "second");
}

TEST_F(Tls, APartialRecordIsNotReadable) {
  // The bytes of one record pass through a relay that holds the last one back.
  auto first = test::connected_pair(loop.shard);
  auto second = test::connected_pair(loop.shard);
  accepted.reset();
  connected.reset();
  loop.shard.tasks().spawn(connect_into(this, std::move(first.a), "localhost", {}, nullptr));
  loop.shard.tasks().spawn(accept_into(this, std::move(second.b), {}));
  auto near = make_plain_stream(loop.shard, std::move(first.b));
  auto far = make_plain_stream(loop.shard, std::move(second.a));
  std::array<char, 65536> buffer;
  const auto pump = [&](Stream& from, Stream& to) {
    const auto got = from.try_read(buffer);
    if (got.bytes != 0) write(to, {std::string_view(buffer.data(), got.bytes)});
  };
  ASSERT_TRUE(loop.until([&] {
    pump(*near, *far);
    pump(*far, *near);
    return accepted && connected;
  }));
  write(at_client(), {"record"});
  IoResult got;
  ASSERT_TRUE(loop.until([&] {
    got = near->try_read(buffer);
    return got.ok();
  }));
  write(*far, {std::string_view(buffer.data(), got.bytes - 1)});
  ASSERT_TRUE(loop.until([&] {
    char byte;
    return ::recv(at_server().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
  }));
  std::array<char, 64> plain;
  EXPECT_EQ(at_server().try_read(plain).status, IoStatus::would_block);
  std::optional<IoStatus> readable;
  loop.shard.tasks().spawn(wait_into(&at_server(), &readable));
  loop.shard.io().poll();
  EXPECT_FALSE(readable) << "waiting on a partial record must not spin";
  write(*far, {std::string_view(buffer.data() + got.bytes - 1, 1)});
  ASSERT_TRUE(loop.until([&] { return readable.has_value(); }));
  EXPECT_EQ(loop.run(test::read_exactly(at_server(), 6)), "record");
}

TEST_F(Tls, CloseNotifyIsAnOrderlyEnd) {
  write(at_client(), {"bye"});
  at_client().shutdown_send();
  IoStatus status{};
  EXPECT_EQ(loop.run(test::read_all(at_server(), &status)), "bye");
  EXPECT_EQ(status, IoStatus::closed);
  EXPECT_EQ(carry(at_server(), at_client(), "you too"), "you too") << "half-closed";
}

TEST_F(Tls, EndWithoutCloseNotifyIsTruncation) {
  write(at_client(), {"unfinished"});
  ::shutdown(at_client().native_handle(), SHUT_WR);
  IoStatus status{};
  EXPECT_EQ(loop.run(test::read_all(at_server(), &status)), "unfinished");
  EXPECT_EQ(status, IoStatus::tls_error);
  EXPECT_EQ(write(at_server(), {"x"}).status, IoStatus::tls_error) << "a broken stream stays broken";
  EXPECT_EQ(loop.run(at_server().wait_readable()), IoStatus::tls_error);
}

TEST_F(Tls, ResetIsReset) {
  // Unread bytes (the session tickets) turn the close into a reset anyway; the linger makes it certain.
  const linger now{1, 0};
  ::setsockopt(at_client().native_handle(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  at_client().close();
  std::array<char, 8> buffer;
  EXPECT_EQ(loop.run(read_some(at_server(), buffer)).status, IoStatus::reset);
  EXPECT_EQ(write(at_server(), {"x"}).status, IoStatus::reset);
}

TEST_F(Tls, GarbageOnTheWireIsATlsError) {
  const std::string garbage(100, 'x');
  ASSERT_EQ(::send(at_client().native_handle(), garbage.data(), garbage.size(), 0), 100);
  std::array<char, 8> buffer;
  EXPECT_EQ(loop.run(read_some(at_server(), buffer)).status, IoStatus::tls_error);
}

TEST_F(Tls, CancelWakesTheWait) {
  std::optional<IoStatus> status;
  loop.shard.tasks().spawn(wait_into(&at_server(), &status));
  loop.shard.io().poll();
  EXPECT_FALSE(status);
  at_server().cancel();
  ASSERT_TRUE(loop.until([&] { return status.has_value(); }));
  EXPECT_EQ(*status, IoStatus::cancelled);
}

TEST_F(Tls, DeadlineEndsTheWait) {
  std::optional<IoStatus> status;
  at_server().expires_at(core::Deadline::in(loop.shard.clock(), std::chrono::milliseconds(1)));
  loop.shard.tasks().spawn(wait_into(&at_server(), &status));
  ASSERT_TRUE(loop.until([&] { return status.has_value(); }));
  EXPECT_EQ(*status, IoStatus::timed_out);
}

TEST_F(Tls, StaleIgnoresTicketsAndSeesTheRest) {
  // The server's session tickets wait unread in the client's socket.
  ASSERT_TRUE(loop.until([&] {
    char byte;
    return ::recv(at_client().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
  }));
  EXPECT_FALSE(at_client().stale()) << "tickets are not an answer";
  EXPECT_EQ(carry(at_client(), at_server(), "ping"), "ping") << "and looking does no harm";
  write(at_server(), {"unexpected"});
  ASSERT_TRUE(loop.until([&] { return at_client().stale(); }));

  connect();
  EXPECT_FALSE(at_client().stale());
  at_server().shutdown_send();
  ASSERT_TRUE(loop.until([&] { return at_client().stale(); }));

  connect();
  at_server().close();
  ASSERT_TRUE(loop.until([&] { return at_client().stale(); }));
}

TEST_F(Tls, IdleConnectionsHoldNoBuffers) {
  EXPECT_EQ(carry(at_client(), at_server(), "ping"), "ping");
  for (Stream* end : {&at_client(), &at_server()}) {
    EXPECT_NE(SSL_get_mode(ssl_of(*end)) & SSL_MODE_RELEASE_BUFFERS, 0);
    EXPECT_EQ(SSL_has_pending(ssl_of(*end)), 0) << "what is left inside would keep the buffer";
  }
}

}  // namespace
}  // namespace relayna::net
