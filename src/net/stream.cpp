#include "relayna/net/stream.hpp"

#include <array>

#include <boost/asio/post.hpp>

namespace relayna::net {
namespace {

constexpr std::size_t kMaxPieces = 16;
constexpr std::size_t kYieldEvery = std::size_t{256} * 1024;

// What is left to write: a position in the pieces, and the next pieces from there.
class Cursor {
 public:
  explicit Cursor(std::span<const std::string_view> pieces) : pieces_(pieces) { skip_empty(); }
  [[nodiscard]] bool done() const noexcept { return index_ == pieces_.size(); }

  // The next pieces, at most `kYieldEvery` bytes of them: the kernel copies what it is given in one go, and a
  // copy of megabytes is a pause for everybody else.
  std::span<const std::string_view> window(std::array<std::string_view, kMaxPieces>& into) const noexcept {
    std::size_t count = 0;
    std::size_t bytes = 0;
    for (auto i = index_; i < pieces_.size() && count < kMaxPieces && bytes < kYieldEvery; ++i) {
      const auto piece = i == index_ ? pieces_[i].substr(offset_) : pieces_[i];
      into[count] = piece.substr(0, kYieldEvery - bytes);
      bytes += into[count++].size();
    }
    return {into.data(), count};
  }

  void advance(std::size_t bytes) noexcept {
    offset_ += bytes;
    skip_empty();
  }

 private:
  void skip_empty() noexcept {
    while (index_ < pieces_.size() && offset_ >= pieces_[index_].size()) {
      offset_ -= pieces_[index_].size();
      ++index_;
    }
  }

  std::span<const std::string_view> pieces_;
  std::size_t index_ = 0;
  std::size_t offset_ = 0;
};

}  // namespace

runtime::Task<IoResult> read_some(Stream& stream, std::span<char> into) {
  for (;;) {
    const auto got = stream.try_read(into);
    if (got.status != IoStatus::would_block) co_return got;
    const auto ready = co_await stream.wait_readable();
    if (ready != IoStatus::ok) co_return IoResult{ready, 0};
  }
}

runtime::Task<IoResult> write_all(Stream& stream, std::span<const std::string_view> pieces) {
  Cursor rest(pieces);
  std::size_t written = 0;
  std::size_t since_yield = 0;
  while (!rest.done()) {
    std::array<std::string_view, kMaxPieces> window;
    const auto put = stream.try_write(rest.window(window));
    written += put.bytes;
    since_yield += put.bytes;
    rest.advance(put.bytes);
    if (put.status == IoStatus::would_block) {
      since_yield = 0;
      const auto ready = co_await stream.wait_writable();
      if (ready != IoStatus::ok) co_return IoResult{ready, written};
    } else if (put.status != IoStatus::ok) {
      co_return IoResult{put.status, written};
    } else if (since_yield >= kYieldEvery && !rest.done()) {
      since_yield = 0;
      co_await boost::asio::post(boost::asio::use_awaitable_t<runtime::Executor>{});
    }
  }
  co_return IoResult{IoStatus::ok, written};
}

}  // namespace relayna::net
