// A captured stream must not depend on how it was cut, and of a well-formed object it must find what a scan
// of the whole finds. The first byte seeds the cutting.

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/json/scan.hpp"

#include "fuzz/check.hpp"

namespace {

using namespace relayna;

constexpr std::size_t kMaxValue = 40;
const std::vector<std::string> kKeys{"usage", "id", "e\"\xC3\xA9"};

void check_same(const json::StreamingCapture& a, const json::StreamingCapture& b) {
  FUZZ_CHECK(a.plausible() == b.plausible());
  FUZZ_CHECK(a.complete() == b.complete());
  for (const std::string& key : kKeys) FUZZ_CHECK(a.value(key) == b.value(key));
}

void check_against_scan(const json::StreamingCapture& capture, std::string_view text,
                        const std::vector<json::Member>& members) {
  FUZZ_CHECK(capture.plausible() && capture.complete());
  for (const std::string& key : kKeys) {
    std::optional<std::string_view> last;
    for (const json::Member& member : members) {
      if (member.key == key) last = text.substr(member.value_begin, member.value_end - member.value_begin);
    }
    if (last && last->size() > kMaxValue) last.reset();
    FUZZ_CHECK(capture.value(key) == last);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  json::StreamingCapture whole(kKeys, kMaxValue);
  whole.feed(text);

  json::StreamingCapture by_byte(kKeys, kMaxValue);
  for (std::size_t i = 0; i < text.size(); ++i) by_byte.feed(text.substr(i, 1));
  check_same(whole, by_byte);

  std::minstd_rand random(data[0]);
  json::StreamingCapture cut(kKeys, kMaxValue);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t piece = random() % 9;
    cut.feed(text.substr(at, piece));
    at += piece;
  }
  check_same(whole, cut);

  if (const auto members = json::top_level(text)) check_against_scan(whole, text, *members);
  return 0;
}
