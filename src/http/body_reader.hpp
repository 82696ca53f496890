#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "relayna/net/stream.hpp"

#include "http/head_parser.hpp"

namespace relayna::http {

/// Bytes received but not used yet that must survive a suspension: behind a head, or half of a chunk's head.
/// Holds no memory when empty.
class Leftover {
 public:
  [[nodiscard]] bool empty() const noexcept { return begin_ == bytes_.size(); }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() - begin_; }
  [[nodiscard]] std::span<char> span() noexcept { return {bytes_.data() + begin_, size()}; }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data() + begin_, size()}; }
  void append(std::string_view more);
  void replace(std::string_view bytes);
  /// The bytes stay readable until the next append, replace or tidy.
  void consume(std::size_t n) noexcept { begin_ += n; }
  /// Gives the memory back once everything is consumed.
  void tidy() noexcept;

 private:
  std::string bytes_;
  std::size_t begin_ = 0;
};

/// One move of a body being read.
struct BodyStep {
  enum class Kind : std::uint8_t {
    data,       ///< `bytes`, valid until the next suspension or step
    wait,       ///< nothing yet: wait until the stream is readable, then receive()
    end,        ///< the message is complete
    truncated,  ///< the stream ended inside the message
    malformed,  ///< the framing is broken: `error`
    failed,     ///< the stream broke: `status`
  };
  Kind kind = Kind::wait;
  std::string_view bytes;
  const char* error = nullptr;
  net::IoStatus status = net::IoStatus::ok;
};

/// Takes a message's body off a stream, whatever its framing. Reads into a buffer that the shard shares, so a
/// body that is waited for holds no buffer. Never blocks.
template <class Parser>
class BodyReader {
 public:
  /// Both outlive the reader. `leftover` holds what came behind the head and, after the end, what belongs to
  /// the next message.
  BodyReader(Parser& parser, Leftover& leftover) : parser_(parser), leftover_(leftover) {}

  /// What is already here.
  BodyStep step();
  /// Reads once; `buffer` is the shard's.
  BodyStep receive(net::Stream& stream, std::span<char> buffer);

 private:
  BodyStep account(const Fed& fed, std::span<char> bytes) const noexcept;

  Parser& parser_;
  Leftover& leftover_;
};

extern template class BodyReader<RequestParser>;
extern template class BodyReader<ResponseParser>;

}  // namespace relayna::http
