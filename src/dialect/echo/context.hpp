#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "relayna/dialect/echo.hpp"
#include "relayna/json/reader.hpp"

namespace relayna::dialect::echoing {

/// Makes the ids of one answer, the same ones for the same request id.
class Ids {
 public:
  explicit Ids(std::string_view request_id);
  /// `prefix` and `length` letters and digits.
  std::string letters(std::string_view prefix, std::size_t length) { return next(prefix, length, 62); }
  /// `prefix` and `length` hexadecimal digits.
  std::string hex(std::string_view prefix, std::size_t length) { return next(prefix, length, 16); }

 private:
  std::string next(std::string_view prefix, std::size_t length, std::size_t alphabet);
  std::uint64_t state_;
};

/// A request being answered.
struct Context {
  const EchoRequest& request;
  json::Value body;   ///< an object
  std::string model;  ///< not empty
  bool stream = false;
  Ids ids;
};

/// `data: <json>` and a blank line.
std::string data_frame(std::string_view json);
/// The same with `event: <type>` before it.
std::string event_frame(std::string_view type, std::string_view json);

// One function per operation. The request has been parsed, and `model` and `stream` checked; each checks what
// else its API would.
core::Result<EchoAnswer> chat_completion(Context& context);
core::Result<EchoAnswer> completion(Context& context);
core::Result<EchoAnswer> response(Context& context);
core::Result<EchoAnswer> embeddings(Context& context);
core::Result<EchoAnswer> message(Context& context);
core::Result<EchoAnswer> token_count(Context& context);

/// What the provider itself would answer with this status, in the error shape of its API.
std::string provider_error(Api api, int status, std::string_view request_id);
/// A provider's error in the middle of a stream, as one frame.
std::string provider_stream_error(Operation operation, std::string_view request_id,
                                  std::int64_t sequence_number);

}  // namespace relayna::dialect::echoing
