#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relayna/domain/catalog_objects.hpp"

namespace relayna::domain {

/// Under which names a model may be priced, the most faithful first: as it is, then without what a snapshot
/// adds (`-2024-08-06`, `-20250929`, `@20250929`, `-v2@20241022`, `-preview-05-06`, `-latest`, `-001`), and
/// with Azure's `gpt-35-` as `gpt-3.5-`. Never a shorter family by guess: `gpt-4o-mini` does not lead to
/// `gpt-4o`.
std::vector<std::string> price_names(std::string_view model);

/// A model's name that says whose it is.
struct OwnedName {
  std::string_view list;  ///< whose prices, for example `anthropic`
  std::string model;      ///< as that list spells it
};
/// `openai/gpt-4o`, `gemini/…`, `xai/…`, Gemini's `models/…`, Bedrock's `anthropic.claude-…-v1:0` and
/// `global.anthropic.…`, each also behind `openrouter/` or `bedrock/`, `bedrock/converse/`. `list` is empty
/// when the name says nothing. A prefix of a maker whose models others host at prices of their own
/// (`mistral/`, `deepseek/`, `groq/`) only counts behind LiteLLM, whose prefixes name who serves. Bedrock's
/// regional profiles
/// (`us.anthropic.…`) have prices of their own, listed as `regional/…`.
OwnedName owned_name(std::string_view model, ProviderKind kind);

/// Whose prices a provider of this kind charges, unless its own name says it. Empty: nobody's, or with
/// litellm anybody's.
std::vector<std::string_view> price_lists_of(ProviderKind kind);

}  // namespace relayna::domain
