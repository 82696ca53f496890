#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "relayna/domain/catalog_objects.hpp"
#include "relayna/domain/prices.hpp"

namespace relayna::domain {

/// Whose price is asked for.
struct PriceQuery {
  std::string_view provider;  ///< the configured provider's name
  ProviderKind kind = ProviderKind::openai;
  std::string_view model;  ///< what the provider was asked for, or says it used
  core::SystemTime at{};   ///< when the request was made
};

/// Prices by name and date. Immutable once made, so any thread may look up; a change makes a new catalog.
///
/// An override is found by the exact provider name. The built-in list is found by whose prices a provider
/// charges: by its name (`groq`), else by its kind (azure-openai: OpenAI's, vertex: Gemini's and Anthropic's,
/// bedrock: Anthropic's, litellm: whichever single list has the model), or by the model's prefix
/// (`anthropic/claude-…`, Bedrock's `anthropic.claude-…-v1:0`). Names are tried as they are, then without
/// what a snapshot adds (`-2024-08-06`, `-20250929`, `@20250929`, `-latest`, `-001`). Exact names beat
/// prefixes, longer prefixes shorter ones; of one name the latest price that has begun counts.
class PriceCatalog {
 public:
  PriceCatalog() = default;  ///< knows no price

  /// The list that comes with the gateway. The error is a mistake in it, which the unit tests find first.
  static core::Result<PriceCatalog> built_in(std::vector<PriceOverride> overrides = {});
  /// A list in the form of src/domain/prices.json. invalid_json, or invalid_request with a line per problem.
  static core::Result<PriceCatalog> from_json(std::string_view list,
                                              std::vector<PriceOverride> overrides = {});

  /// Null when nobody knows. The price lives as long as the catalog.
  [[nodiscard]] const Price* lookup(const PriceQuery& query) const;
  /// The built-in entries in the order of the file, for showing them.
  [[nodiscard]] const std::vector<Price>& listed() const noexcept { return listed_.all(); }
  /// When the built-in list was last gone through (`2026-11-20`).
  [[nodiscard]] const std::string& updated() const noexcept { return updated_; }

 private:
  /// Prices of several groups (price lists, or provider names), found by group and model.
  class Book {
   public:
    /// False when the same model of the group has a price from the same moment already.
    bool add(Price price);
    [[nodiscard]] bool has(std::string_view group) const;
    [[nodiscard]] const Price* exact(std::string_view group, std::string_view model,
                                     core::SystemTime at) const;
    [[nodiscard]] const Price* prefix(std::string_view group, std::string_view model,
                                      core::SystemTime at) const;
    [[nodiscard]] const std::vector<Price>& all() const noexcept { return all_; }

   private:
    struct Group {
      std::unordered_map<std::string, std::vector<std::size_t>> exact;  // indices, latest first
      std::unordered_map<std::string, std::vector<std::size_t>> prefixes;
    };
    [[nodiscard]] const Price* begun(const std::vector<std::size_t>& indices, core::SystemTime at) const;
    std::vector<Price> all_;
    std::unordered_map<std::string, Group> groups_;
  };

  [[nodiscard]] const Price* overridden(const PriceQuery& query, const std::vector<std::string>& names) const;
  [[nodiscard]] const Price* in_any_list(const std::vector<std::string>& names, core::SystemTime at) const;

  Book listed_;
  Book overrides_;
  std::vector<std::string> lists_;  // whose prices are listed
  std::string updated_;
};

}  // namespace relayna::domain
