#pragma once

#include <string>
#include <utility>

#include <boost/asio/basic_socket_acceptor.hpp>

#include "relayna/net/stream.hpp"

namespace relayna::test {

using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, runtime::Executor>;

/// Listens on a free loopback port.
inline Acceptor listen_loopback(runtime::Shard& shard) {
  return Acceptor(shard.executor(), net::Endpoint(boost::asio::ip::address_v4::loopback(), 0));
}

struct SocketPair {
  net::Socket a;
  net::Socket b;
};

/// Two connected TCP sockets. `buffer` (bytes, 0 for the system's choice) makes both buffers small, so that
/// writes meet back-pressure early.
inline SocketPair connected_pair(runtime::Shard& shard, int buffer = 0) {
  auto acceptor = listen_loopback(shard);
  SocketPair pair{net::Socket(shard.executor()), net::Socket(shard.executor())};
  pair.a.open(boost::asio::ip::tcp::v4());
  if (buffer != 0) {
    acceptor.set_option(boost::asio::socket_base::receive_buffer_size(buffer));
    pair.a.set_option(boost::asio::socket_base::receive_buffer_size(buffer));
  }
  pair.a.connect(acceptor.local_endpoint());
  acceptor.accept(pair.b);
  if (buffer != 0) {
    pair.a.set_option(boost::asio::socket_base::send_buffer_size(buffer));
    pair.b.set_option(boost::asio::socket_base::send_buffer_size(buffer));
  }
  return pair;
}

/// Reads until the end (or a failure, left in `status`).
inline runtime::Task<std::string> read_all(net::Stream& stream, net::IoStatus* status = nullptr) {
  std::string all;
  std::array<char, 16384> buffer;
  for (;;) {
    const auto got = co_await net::read_some(stream, buffer);
    if (!got.ok()) {
      if (status != nullptr) *status = got.status;
      co_return all;
    }
    all.append(buffer.data(), got.bytes);
  }
}

/// Reads exactly `size` bytes, fewer when the stream ends first.
inline runtime::Task<std::string> read_exactly(net::Stream& stream, std::size_t size) {
  std::string all(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const auto got = co_await net::read_some(stream, std::span(all).subspan(have));
    if (!got.ok()) break;
    have += got.bytes;
  }
  all.resize(have);
  co_return all;
}

inline runtime::Task<net::IoResult> write_text(net::Stream& stream, std::string text) {
  const std::array<std::string_view, 1> pieces{text};
  co_return co_await net::write_all(stream, pieces);
}

/// Bytes that reveal loss, repetition and reordering.
inline std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (auto& c : text) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

}  // namespace relayna::test
