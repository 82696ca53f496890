#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "relayna/core/money.hpp"
#include "relayna/core/result.hpp"
#include "relayna/core/time.hpp"
#include "relayna/domain/token_buckets.hpp"

// What a request costs. Integer arithmetic from the price list to the sum: no double anywhere.

namespace relayna::domain {

/// US dollars per million tokens, exact to the nano-USD per million. An unset rate falls back as the comment
/// says; where it says nothing it is unknown, and so is the cost of a request with such tokens. Zero is a
/// price.
struct Rates {
  std::optional<core::Money> input;
  std::optional<core::Money> output;
  std::optional<core::Money> cache_read;      ///< unset: `input`, an upper bound everywhere
  std::optional<core::Money> cache_write;     ///< kept five minutes, or as long as the provider likes; unset:
                                              ///< `input`
  std::optional<core::Money> cache_write_1h;  ///< unset: `cache_write`
  std::optional<core::Money> reasoning;       ///< unset: `output`
  std::optional<core::Money> audio_input;
  std::optional<core::Money> audio_output;
  std::optional<core::Money> image_input;  ///< unset: `input`, as every provider of chat models has it
  std::optional<core::Money> image_output;
  friend bool operator==(const Rates&, const Rates&) = default;
};

/// The rates of the whole request once its input (caches, audio and images included) is above so many tokens.
/// They stand for themselves: what is unset here falls back within these, not to the short-context rates.
struct LongContext {
  std::int64_t above_input_tokens = 0;
  Rates rates;
  friend bool operator==(const LongContext&, const LongContext&) = default;
};

/// The price of a model from one moment on.
struct Price {
  std::string provider;  ///< in the built-in list whose prices they are (`openai`); in an override the name
                         ///< of a configured provider
  std::string model;     ///< exact, or a prefix with a trailing `*`
  std::optional<core::SystemTime> effective_from;  ///< unset: always
  Rates rates;
  std::optional<core::Money> per_request;  ///< US dollars on top of the tokens; unset: none
  std::optional<LongContext> long_context;
  friend bool operator==(const Price&, const Price&) = default;
};

/// An operator's price: goes before the built-in list for its provider.
struct PriceOverride {
  std::string id;
  Price price;
  bool enabled = true;     ///< false: as if it were not there
  std::string managed_by;  ///< `file`, or empty
  core::SystemTime created_at{};
  core::SystemTime updated_at{};
  friend bool operator==(const PriceOverride&, const PriceOverride&) = default;
};

/// What the tokens cost: every bucket exact, one half-up rounding of their sum to nano-USD. nullopt when a
/// bucket holds tokens that have no rate: unknown, not guessed. Negative counts are taken as zero; a sum over
/// 9.2 billion USD saturates.
std::optional<core::Money> cost(const Price& price, const TokenBuckets& tokens) noexcept;

/// What a request can cost at most, before it is made: all of its input at the dearest of input, cache read
/// and cache write (audio and images excepted: estimated by their bytes they come to many times their real
/// tokens), all of its output at the dearest output rate; above the long-context threshold at the dearer of
/// both sets. An upper bound as long as the estimated input is one. nullopt when the input or output rate it
/// needs is unknown; saturates.
std::optional<core::Money> estimate_cost(const Price& price, std::int64_t estimated_input_tokens,
                                         std::int64_t max_output_tokens) noexcept;

/// Who told the cost of a request.
enum class CostSource : std::uint8_t {
  upstream,
  catalog,
  route_default,
  reserved,  ///< nobody: what a budget held for the request
  unpriced,
};
/// The names of the enumerators: as usage events store it.
std::string_view to_string(CostSource source) noexcept;
std::optional<CostSource> parse_cost_source(std::string_view text) noexcept;

struct Charge {
  std::optional<core::Money> cost;  ///< unset exactly when unpriced
  CostSource source = CostSource::unpriced;
  friend bool operator==(const Charge&, const Charge&) = default;
};
/// The order of contract 8.7: what the upstream reported, the price list (with overrides), what the route
/// says a request costs, unpriced. `price` may be null. A zero is a cost like any other.
Charge charge(std::optional<core::Money> reported, const Price* price, const TokenBuckets& tokens,
              std::optional<core::Money> route_default) noexcept;

/// JSON as stored and as the API shows it: `provider`, `model`, `effective_from` (RFC 3339 or a date, UTC),
/// `input_usd_per_million` and so on for every rate, `request_usd`, `long_context` with `above_input_tokens`
/// and rates of its own; unset as null. Dollars are exact decimals, also taken as strings. Reading reports
/// every problem at once: `path: message` per line in the Error's message. Errors: invalid_json,
/// invalid_request.
std::string to_json(const Price& price);
core::Result<Price> price_from_json(std::string_view text);

}  // namespace relayna::domain
