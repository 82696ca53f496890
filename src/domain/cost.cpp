#include <algorithm>
#include <array>
#include <limits>

#include "relayna/domain/prices.hpp"

namespace relayna::domain {
namespace {

using core::Money;

// A product of two counts of 63 bits fits with room for a sum of two; more saturate.
__extension__ using Wide = unsigned __int128;
constexpr Wide kWidest = ~Wide{0};
constexpr std::uint64_t kTokensPerRate = 1'000'000;

std::optional<Money> first_of(std::optional<Money> a, std::optional<Money> b, std::optional<Money> c = {}) {
  if (a) return a;
  return b ? b : c;
}

Wide wide(std::int64_t value) {
  return value > 0 ? static_cast<Wide>(value) : 0;
}

/// Adds up in millionths of a nano-USD, so that only the end rounds.
class Sum {
 public:
  void add(std::int64_t tokens, Money rate) {
    const Wide product = wide(tokens) * wide(rate.nanos());
    if (__builtin_add_overflow(total_, product, &total_)) total_ = kWidest;
  }
  /// False: there are tokens but no rate.
  bool add(std::int64_t tokens, std::optional<Money> rate) {
    if (tokens <= 0) return true;
    if (!rate) return false;
    add(tokens, *rate);
    return true;
  }
  [[nodiscard]] Money rounded() const {
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    const Wide nanos = total_ / kTokensPerRate + (total_ % kTokensPerRate >= kTokensPerRate / 2 ? 1 : 0);
    return Money::nanos(nanos > static_cast<Wide>(kMost) ? kMost : static_cast<std::int64_t>(nanos));
  }

 private:
  Wide total_ = 0;
};

bool is_long(const Price& price, std::int64_t input_tokens) {
  return price.long_context && input_tokens > price.long_context->above_input_tokens;
}

std::int64_t counted(std::int64_t tokens) {
  return std::max<std::int64_t>(tokens, 0);
}

// Saturating, unlike TokenBuckets::input(): counts come from strangers.
std::int64_t input_tokens(const TokenBuckets& t) {
  std::int64_t sum = 0;
  for (const std::int64_t part :
       {t.input_text, t.cache_read, t.cache_write_5m, t.cache_write_1h, t.audio_input, t.image_input}) {
    if (__builtin_add_overflow(sum, counted(part), &sum)) return std::numeric_limits<std::int64_t>::max();
  }
  return sum;
}

void raise(std::optional<Money>& to, std::optional<Money> rate) {
  if (rate && (!to || *rate > *to)) to = rate;
}

struct Dearest {
  std::optional<Money> input;
  std::optional<Money> output;
};

void raise(Dearest& dearest, const Rates& r) {
  for (const auto& rate : {r.input, r.cache_read, r.cache_write, r.cache_write_1h})
    raise(dearest.input, rate);
  for (const auto& rate : {r.output, r.reasoning, r.audio_output, r.image_output})
    raise(dearest.output, rate);
}

struct SourceName {
  CostSource source;
  std::string_view name;
};
constexpr std::array kSourceNames{
    SourceName{CostSource::upstream, "upstream"},           SourceName{CostSource::catalog, "catalog"},
    SourceName{CostSource::route_default, "route_default"}, SourceName{CostSource::reserved, "reserved"},
    SourceName{CostSource::unpriced, "unpriced"},
};

}  // namespace

std::optional<Money> cost(const Price& price, const TokenBuckets& tokens) noexcept {
  const Rates& r = is_long(price, input_tokens(tokens)) ? price.long_context->rates : price.rates;
  struct Line {
    std::int64_t tokens;
    std::optional<Money> rate;
  };
  const std::array lines{
      Line{tokens.input_text, r.input},
      Line{tokens.cache_read, first_of(r.cache_read, r.input)},
      Line{tokens.cache_write_5m, first_of(r.cache_write, r.input)},
      Line{tokens.cache_write_1h, first_of(r.cache_write_1h, r.cache_write, r.input)},
      Line{tokens.audio_input, r.audio_input},
      Line{tokens.image_input, first_of(r.image_input, r.input)},
      Line{tokens.output_text, r.output},
      Line{tokens.reasoning, first_of(r.reasoning, r.output)},
      Line{tokens.audio_output, r.audio_output},
      Line{tokens.image_output, r.image_output},
  };
  Sum sum;
  for (const Line& line : lines) {
    if (!sum.add(line.tokens, line.rate)) return std::nullopt;
  }
  if (price.per_request) sum.add(kTokensPerRate, *price.per_request);
  return sum.rounded();
}

std::optional<Money> estimate_cost(const Price& price, std::int64_t estimated_input_tokens,
                                   std::int64_t max_output_tokens) noexcept {
  Dearest dearest;
  raise(dearest, price.rates);
  if (is_long(price, estimated_input_tokens)) raise(dearest, price.long_context->rates);
  Sum sum;
  if (!sum.add(estimated_input_tokens, dearest.input)) return std::nullopt;
  if (!sum.add(max_output_tokens, dearest.output)) return std::nullopt;
  if (price.per_request) sum.add(kTokensPerRate, *price.per_request);
  return sum.rounded();
}

std::string_view to_string(CostSource source) noexcept {
  for (const SourceName& s : kSourceNames) {
    if (s.source == source) return s.name;
  }
  return "unpriced";
}

std::optional<CostSource> parse_cost_source(std::string_view text) noexcept {
  for (const SourceName& s : kSourceNames) {
    if (s.name == text) return s.source;
  }
  return std::nullopt;
}

Charge charge(std::optional<Money> reported, const Price* price, const TokenBuckets& tokens,
              std::optional<Money> route_default) noexcept {
  if (reported) return {reported, CostSource::upstream};
  if (price != nullptr) {
    if (const auto listed = cost(*price, tokens)) return {listed, CostSource::catalog};
  }
  if (route_default) return {route_default, CostSource::route_default};
  return {};
}

}  // namespace relayna::domain
