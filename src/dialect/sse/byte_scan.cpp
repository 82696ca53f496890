#include "dialect/sse/byte_scan.hpp"

namespace relayna::dialect::sse {

namespace {

constexpr std::string_view kUsage = "\"usage\"";
constexpr std::string_view kError = "\"error\"";
static_assert(kUsage.size() == kError.size());

std::size_t skip_space(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n'))
    ++at;
  return at;
}

bool has_value(std::string_view text, std::size_t after_name) noexcept {
  std::size_t at = skip_space(text, after_name);
  if (at >= text.size() || text[at] != ':') return false;
  at = skip_space(text, at + 1);
  return !text.substr(at).starts_with("null");
}

void look(std::string_view text, std::size_t at, Mentions& found) noexcept {
  const std::string_view name = text.substr(at, kUsage.size());
  if (name == kUsage) {
    found.usage = found.usage || has_value(text, at + name.size());
  } else if (name == kError) {
    found.error = found.error || has_value(text, at + name.size());
  }
}

}  // namespace

Mentions find_mentions(std::string_view text) noexcept {
  Mentions found;
  // Both names are a quote, `u` or `e`, four bytes and a quote: three comparisons leave few places to look
  // at.
  constexpr std::size_t kClosing = kUsage.size() - 1;
  const block::Bytes quote = block::all('"');
  const block::Bytes u = block::all('u');
  const block::Bytes e = block::all('e');
  std::size_t i = 0;
  for (; i + block::kSize + kClosing <= text.size(); i += block::kSize) {
    const char* from = text.data() + i;
    const block::Bytes second = block::load(from + 1);
    const block::Mask here = (block::load(from) == quote) & ((second == u) | (second == e)) &
                             (block::load(from + kClosing) == quote);
    if (!block::any(here)) continue;
    for (std::size_t k = 0; k < block::kSize; ++k) {
      if (here[k] != 0) look(text, i + k, found);
    }
  }
  for (; i + kUsage.size() <= text.size(); ++i) {
    if (text[i] == '"') look(text, i, found);
  }
  return found;
}

}  // namespace relayna::dialect::sse
