#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relayna/dialect/echo.hpp"

#include "unit/dialect/shape.hpp"

namespace relayna::dialect {

inline core::Result<EchoAnswer> try_echo(Operation operation, std::string_view body,
                                         const EchoOptions& options = {}) {
  return echo({.operation = operation,
               .body = body,
               .request_id = "0199f7a0-0000-7000-8000-000000000001",
               .created = 1'795'000'000,
               .options = options});
}

inline EchoAnswer echoed(Operation operation, std::string_view body, const EchoOptions& options = {}) {
  auto answer = try_echo(operation, body, options);
  EXPECT_TRUE(answer.has_value()) << body << "\n" << (answer ? "" : answer.error().describe());
  return answer ? *answer : EchoAnswer();
}

/// The document of an answer that is not a stream.
inline json::Document whole(Operation operation, std::string_view body, const EchoOptions& options = {}) {
  const EchoAnswer answer = echoed(operation, body, options);
  EXPECT_FALSE(answer.sse);
  EXPECT_TRUE(answer.frames.empty());
  return parsed(answer.json);
}

struct Event {
  std::string name;     ///< of the `event:` line
  std::string data;     ///< raw
  json::Document json;  ///< null for `[DONE]`
};

/// Takes frames apart strictly: `event:` at most once and first, one `data:` line, one blank line.
inline std::vector<Event> events_of(const std::vector<std::string>& frames) {
  std::vector<Event> events;
  for (std::string_view frame : frames) {
    Event event;
    constexpr std::string_view kEvent = "event: ";
    constexpr std::string_view kData = "data: ";
    if (frame.starts_with(kEvent)) {
      const std::size_t end = frame.find('\n');
      event.name = frame.substr(kEvent.size(), end - kEvent.size());
      frame.remove_prefix(end + 1);
    }
    EXPECT_TRUE(frame.starts_with(kData) && frame.ends_with("\n\n")) << frame;
    event.data = frame.substr(kData.size(), frame.size() - kData.size() - 2);
    EXPECT_EQ(event.data.find_first_of("\r\n"), std::string::npos) << frame;
    if (event.data != "[DONE]") event.json = parsed(event.data);
    events.push_back(std::move(event));
  }
  return events;
}

inline std::vector<Event> streamed(Operation operation, std::string_view body,
                                   const EchoOptions& options = {}) {
  const EchoAnswer answer = echoed(operation, body, options);
  EXPECT_TRUE(answer.sse);
  EXPECT_EQ(answer.json, "");
  return events_of(answer.frames);
}

/// Two-, three- and four-byte characters, quotes, a backslash, a line break and a combining mark.
inline const std::string kManyScripts =
    "Gr\xC3\xBC\xC3\x9F"
    "e, \xE4\xB8\x96\xE7\x95\x8C! \xF0\x9F\x99\x82\xF0\x9F\x99\x82 "
    "\"quoted\" \\ back\nnew line e\xCC\x81 end";

inline std::int64_t tokens(std::size_t bytes) {
  return static_cast<std::int64_t>((bytes + 2) / 3);
}

/// How the error of a request that must fail reads: `param: message`.
inline std::string refusal(Operation operation, std::string_view body) {
  const auto answer = try_echo(operation, body);
  if (answer) return "accepted";
  EXPECT_EQ(answer.error().code, core::ErrorCode::invalid_request);
  return answer.error().param + ": " + answer.error().message;
}

}  // namespace relayna::dialect
