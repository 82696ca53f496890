#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "relayna/http/message.hpp"

namespace relayna::http {

/// How the body of an answer is delimited on the wire.
struct Framing {
  enum class Kind : std::uint8_t {
    none,        ///< no body and no length (204, 304, answers to HEAD without a known length)
    length,      ///< Content-Length
    chunked,     ///< Transfer-Encoding: chunked
    until_close  ///< an HTTP/1.0 client and an unknown length
  };
  Kind kind = Kind::none;
  std::uint64_t length = 0;
};

enum class Persistence : std::uint8_t {
  implicit,    ///< HTTP/1.1 stays open without saying so
  keep_alive,  ///< an HTTP/1.0 client asked for it
  close,
};

/// Decides the framing. `length` is the body's, nullopt when it is a stream; `has_body` whether the handler
/// gave one.
Framing frame_response(int status, bool head_request, int version, bool has_body,
                       std::optional<std::uint64_t> length) noexcept;

/// Writes a response head into `out` (cleared first). Fields that belong to the server are left out of
/// `head.fields`, and so is any field with a line break in it: such a field would be a second answer.
void write_response_head(std::string& out, const ResponseHead& head, const Framing& framing,
                         Persistence persistence, std::string_view date);

}  // namespace relayna::http
