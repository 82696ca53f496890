// An upstream's event stream. The first byte says where the rest is cut; the events must not depend on it,
// and the raw bytes of all frames must be the stream.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relayna/http/sse.hpp"

#include "fuzz/check.hpp"

namespace {

using relayna::http::SseEvent;
using relayna::http::SseParser;

struct Seen {
  std::vector<std::pair<std::string, std::string>> events;
  std::string raw;
  bool ok = true;
};

Seen parse(std::string_view bytes, std::size_t piece, std::size_t limit) {
  SseParser parser(limit);
  Seen seen;
  for (std::size_t at = 0; at < bytes.size() && seen.ok; at += piece) {
    seen.ok = parser.feed(bytes.substr(at, piece), [&](const SseEvent& event) {
      seen.raw.append(event.raw);
      FUZZ_CHECK(event.raw.size() <= limit);
      if (!event.data.empty()) seen.events.emplace_back(event.type, event.data);
    });
  }
  if (seen.ok) {
    FUZZ_CHECK(parser.pending().size() <= limit);
    FUZZ_CHECK(parser.at_boundary() == parser.pending().empty());
    seen.raw.append(parser.pending());
    FUZZ_CHECK(seen.raw == bytes);
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Seen whole = parse(bytes, std::max<std::size_t>(bytes.size(), 1), 1 << 20);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{data[0]} + 1}) {
    const Seen cut = parse(bytes, piece, 1 << 20);
    FUZZ_CHECK(cut.events == whole.events);
  }
  (void)parse(bytes, std::size_t{data[0]} + 1, 64);  // limits hold whatever comes

  for (const auto& [type, text] : whole.events) {  // what is written is read again
    std::string out;
    relayna::http::append_sse(out, type, text);
    const Seen again = parse(out, out.size(), 1 << 22);
    FUZZ_CHECK(again.events == (std::vector{std::pair{type, text}}));
  }
  return 0;
}
