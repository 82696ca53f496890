#pragma once

#include <cstdint>
#include <optional>

#include "relayna/dialect/usage.hpp"
#include "relayna/json/reader.hpp"

namespace relayna::dialect {

/// Token counts in Gemini's words. `promptTokenCount` has the cached tokens but not what tools brought in,
/// `candidatesTokenCount` lacks the thoughts. Kept apart because a stream repeats `usageMetadata` with every
/// chunk, the later ones with more members.
struct GeminiCounts {
  struct Modalities {
    std::optional<std::int64_t> audio;
    std::optional<std::int64_t> image;
  };
  std::optional<std::int64_t> prompt;
  std::optional<std::int64_t> tool_use;
  std::optional<std::int64_t> cached;
  std::optional<std::int64_t> candidates;
  std::optional<std::int64_t> thoughts;
  std::optional<std::int64_t> total;
  Modalities in_prompt;
  Modalities in_tool_use;
  Modalities in_cache;
  Modalities in_candidates;

  void take(json::Value usage_metadata);
  void apply(Usage& to) const;
};

}  // namespace relayna::dialect
