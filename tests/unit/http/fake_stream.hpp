#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>

#include "relayna/net/stream.hpp"

namespace relayna::test {

/// A stream without a socket: gives what it was filled with, one piece per read.
class FakeStream final : public net::Stream {
 public:
  net::IoResult try_read(std::span<char> into) override {
    while (!incoming.empty() && incoming.front().empty()) incoming.pop_front();
    if (incoming.empty()) {
      ended_seen = ends;
      return {ends ? net::IoStatus::closed : net::IoStatus::would_block, 0};
    }
    std::string& piece = incoming.front();
    const std::size_t n = std::min(into.size(), piece.size());
    std::memcpy(into.data(), piece.data(), n);
    piece.erase(0, n);
    return {net::IoStatus::ok, n};
  }
  net::IoResult try_write(std::span<const std::string_view>) override {
    return {net::IoStatus::would_block, 0};
  }
  runtime::Task<net::IoStatus> wait_readable() override { co_return net::IoStatus::ok; }
  runtime::Task<net::IoStatus> wait_writable() override { co_return net::IoStatus::ok; }
  void cancel() noexcept override {}
  void shutdown_send() noexcept override {}
  void close() noexcept override {}
  [[nodiscard]] int native_handle() const noexcept override { return -1; }
  [[nodiscard]] bool is_tls() const noexcept override { return false; }
  [[nodiscard]] bool stale() noexcept override { return is_stale; }

  std::deque<std::string> incoming;
  bool ends = false;  ///< after the last piece
  bool ended_seen = false;
  bool is_stale = false;

 private:
  void on_expired() override {}
};

}  // namespace relayna::test
