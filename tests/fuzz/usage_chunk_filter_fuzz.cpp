// Input: one byte that places the cuts, then a stream. However it is cut, the same bytes come out; nothing is
// added, and without the word "usage" nothing is taken away.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "relayna/dialect/dialect.hpp"

#include "fuzz/check.hpp"

namespace {

std::string filtered(std::string_view text, std::size_t size) {
  relayna::dialect::UsageChunkFilter filter;
  std::string out;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, size);
    out += filter.feed(piece);
    text.remove_prefix(piece.size());
    size = size * 5 % 37 + 1;
  }
  out += filter.flush();
  return out;
}

bool is_subsequence(std::string_view part, std::string_view of) {
  for (const char c : of) {
    if (!part.empty() && part.front() == c) part.remove_prefix(1);
  }
  return part.empty();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = filtered(text, text.size() + 1);
  FUZZ_CHECK(whole == filtered(text, data[0] % 37U + 1U));
  FUZZ_CHECK(is_subsequence(whole, text));
  if (text.find("usage") == std::string_view::npos) FUZZ_CHECK(whole == text);
  // What has passed once passes again.
  FUZZ_CHECK(filtered(whole, whole.size() + 1) == whole);
  return 0;
}
