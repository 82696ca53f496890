// Input: one byte that picks the operation, one that picks the echo provider's options, then a request body.
// Reading it agrees with the validator; what echo answers is well-formed and says the same streamed as whole.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "relayna/core/buffer.hpp"
#include "relayna/dialect/echo.hpp"
#include "relayna/json/reader.hpp"
#include "relayna/json/scan.hpp"

#include "fuzz/check.hpp"

namespace {

using namespace relayna;
using namespace relayna::dialect;

void check_reading(Operation operation, std::string_view body) {
  static RequestReader reader;
  const auto features = reader.read(operation, core::Buffer(body));
  if (features) {
    FUZZ_CHECK(!features->max_output_tokens || *features->max_output_tokens >= 0);
    FUZZ_CHECK(features->tool_schema_bytes <= body.size());
    FUZZ_CHECK(features->tool_count <= body.size());
    return;
  }
  const auto code = features.error().code;
  FUZZ_CHECK(code == core::ErrorCode::invalid_json || code == core::ErrorCode::invalid_request);
  FUZZ_CHECK(!features.error().public_message().empty());
}

void check_json_reader(std::string_view body) {
  static json::Reader reader;
  const bool parsed = reader.parse(body).has_value();
  if (parsed) FUZZ_CHECK(json::validate(body, 257).has_value());
  if (json::validate(body, 256).has_value()) FUZZ_CHECK(parsed);
}

void check_answer(const EchoAnswer& answer, Operation operation, const EchoOptions& options) {
  if (!answer.sse) {
    FUZZ_CHECK(json::validate(answer.json, 1024).has_value());
    return;
  }
  if (options.fault == "truncate") return;
  UsageReader reader(operation, true);
  for (std::string_view frame : answer.frames) {
    reader.feed(frame);
    FUZZ_CHECK(reader.at_boundary());
    const std::size_t at = frame.starts_with("data: ") ? 0 : frame.find("\ndata: ") + 1;
    FUZZ_CHECK(frame.ends_with("\n\n"));
    const std::string_view data = frame.substr(at + 6, frame.size() - at - 8);
    FUZZ_CHECK(data == "[DONE]" || json::validate(data, 1024).has_value());
  }
  FUZZ_CHECK(reader.finished() == options.fault.empty());
  FUZZ_CHECK(reader.saw_error() == !options.fault.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto operation = static_cast<Operation>(data[0] % 8U);
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  check_reading(operation, body);
  check_json_reader(body);

  EchoOptions options;
  options.chunk_bytes = data[1] % 8U + 1U;
  options.tool_calls = (data[1] >> 3U) % 4U;
  constexpr std::string_view kFaults[] = {"", "", "", "error-event", "truncate", "", "", ""};
  options.fault = kFaults[data[1] >> 5U];
  const auto answer = echo({.operation = operation, .body = body, .request_id = "fuzz", .options = options});
  if (answer) check_answer(*answer, operation, options);
  return 0;
}
