// Input: one byte that picks the operation and SSE or JSON, one that places the cuts, then the answer.
// However it is cut, the reader comes to the same result.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "relayna/dialect/dialect.hpp"

#include "fuzz/check.hpp"

namespace {

using namespace relayna::dialect;

constexpr std::size_t kMaxEvent = 4096;

UsageReader read_in_pieces(Operation operation, bool sse, std::string_view text, std::size_t step) {
  UsageReader reader(operation, sse, kMaxEvent);
  std::size_t size = step;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, size);
    reader.feed(piece);
    text.remove_prefix(piece.size());
    size = size * 5 % 37 + 1;
  }
  return reader;
}

void expect_same(const UsageReader& a, const UsageReader& b) {
  FUZZ_CHECK(a.usage() == b.usage());
  FUZZ_CHECK(a.saw_content() == b.saw_content());
  FUZZ_CHECK(a.finished() == b.finished());
  FUZZ_CHECK(a.saw_error() == b.saw_error());
  FUZZ_CHECK(a.at_boundary() == b.at_boundary());
  FUZZ_CHECK(a.largest_event() == b.largest_event());
  FUZZ_CHECK(a.next_sequence_number() == b.next_sequence_number());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto operation = static_cast<Operation>((data[0] >> 1U) % 9U);
  const bool sse = (data[0] & 1U) == 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);

  UsageReader whole(operation, sse, kMaxEvent);
  whole.feed(text);
  expect_same(whole, read_in_pieces(operation, sse, text, data[1] % 37U + 1U));
  expect_same(whole, read_in_pieces(operation, sse, text, 1));
  if (sse) FUZZ_CHECK(whole.largest_event() <= text.size());
  const Usage& usage = whole.usage();
  for (const auto& count :
       {usage.input, usage.output, usage.total, usage.cache_read, usage.cache_write, usage.cache_write_1h,
        usage.reasoning, usage.audio_input, usage.audio_output, usage.image_input, usage.image_output}) {
    FUZZ_CHECK(!count || *count >= 0);
  }
  FUZZ_CHECK(!usage.reported_cost || usage.reported_cost->nanos() >= 0);
  const auto buckets = token_buckets(usage);
  for (const std::int64_t bucket :
       {buckets.input_text, buckets.cache_read, buckets.cache_write_5m, buckets.cache_write_1h,
        buckets.audio_input, buckets.image_input, buckets.output_text, buckets.reasoning,
        buckets.audio_output, buckets.image_output}) {
    FUZZ_CHECK(bucket >= 0);
  }
  if (usage.input) FUZZ_CHECK(buckets.input() == *usage.input);
  if (usage.output) FUZZ_CHECK(buckets.output() == *usage.output);
  return 0;
}
