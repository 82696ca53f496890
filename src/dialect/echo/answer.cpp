#include "dialect/echo/answer.hpp"

#include <algorithm>

#include "relayna/dialect/dialect.hpp"

#include "dialect/text/utf8.hpp"

namespace relayna::dialect::echoing {

namespace {

// Like every model, this one has a most it says: an answer is built in memory, and a body of 30 MB sent back
// in deltas of 16 bytes would be two million frames.
constexpr std::size_t kMostTokens = 262'144;
constexpr std::size_t kMostFrames = 65'536;
constexpr std::size_t kBytesPerToken = 3;

std::string filler(std::int64_t tokens) {
  constexpr std::string_view kWords = "the quick brown fox jumps over the lazy dog and ";
  std::string text;
  const std::size_t bytes = static_cast<std::size_t>(tokens) * kBytesPerToken;
  text.reserve(bytes + kWords.size());
  while (text.size() < bytes) text += kWords;
  text.resize(bytes);
  return text;
}

}  // namespace

Answer compose(const EchoOptions& options, std::string_view prompt_text, std::optional<std::int64_t> maximum,
               std::size_t copies) {
  const auto shared = static_cast<std::int64_t>(most_bytes(copies) / kBytesPerToken);
  const std::int64_t most = std::min(maximum.value_or(shared), shared);
  Answer answer;
  if (options.output_tokens) {
    answer.text = filler(std::min(*options.output_tokens, most));
    answer.cut_short = *options.output_tokens > most;
  } else {
    answer.text = utf8_prefix(prompt_text, static_cast<std::size_t>(most) * kBytesPerToken);
    answer.cut_short = answer.text.size() < prompt_text.size();
  }
  answer.tokens = estimate_tokens(answer.text.size());
  return answer;
}

std::size_t most_bytes(std::size_t copies) {
  return kMostTokens / std::max<std::size_t>(copies, 1) * kBytesPerToken;
}

std::size_t piece_bytes(const EchoOptions& options, std::size_t total_bytes) {
  return std::max({options.chunk_bytes, total_bytes / kMostFrames, std::size_t{1}});
}

}  // namespace relayna::dialect::echoing
