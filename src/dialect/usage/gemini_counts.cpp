#include "dialect/usage/gemini_counts.hpp"

#include <algorithm>

#include "dialect/usage/counts.hpp"

namespace relayna::dialect {

namespace {

using Modalities = GeminiCounts::Modalities;

void take_modalities(json::Value details, Modalities& to) {
  if (!details.array()) return;
  Modalities told;
  for (const json::Value detail : details.elements()) {
    const auto modality = detail["modality"].string();
    if (modality == "AUDIO") told.audio = count(detail["tokenCount"]);
    if (modality == "IMAGE") told.image = count(detail["tokenCount"]);
  }
  to = told;
}

std::optional<std::int64_t> sum(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
  if (!a && !b) return std::nullopt;
  return a.value_or(0) + b.value_or(0);
}

std::optional<std::int64_t> uncached(std::optional<std::int64_t> all, std::optional<std::int64_t> cached) {
  if (!all) return std::nullopt;
  return std::max<std::int64_t>(*all - cached.value_or(0), 0);
}

}  // namespace

void GeminiCounts::take(json::Value usage_metadata) {
  set(prompt, count(usage_metadata["promptTokenCount"]));
  set(tool_use, count(usage_metadata["toolUsePromptTokenCount"]));
  set(cached, count(usage_metadata["cachedContentTokenCount"]));
  set(candidates, count(usage_metadata["candidatesTokenCount"]));
  set(thoughts, count(usage_metadata["thoughtsTokenCount"]));
  set(total, count(usage_metadata["totalTokenCount"]));
  take_modalities(usage_metadata["promptTokensDetails"], in_prompt);
  take_modalities(usage_metadata["toolUsePromptTokensDetails"], in_tool_use);
  take_modalities(usage_metadata["cacheTokensDetails"], in_cache);
  take_modalities(usage_metadata["candidatesTokensDetails"], in_candidates);
}

void GeminiCounts::apply(Usage& to) const {
  to.input = sum(prompt, tool_use);
  to.output = sum(candidates, thoughts);
  to.total = total;
  to.cache_read = cached;
  to.reasoning = thoughts;
  to.audio_input = uncached(sum(in_prompt.audio, in_tool_use.audio), in_cache.audio);
  to.image_input = uncached(sum(in_prompt.image, in_tool_use.image), in_cache.image);
  to.audio_output = in_candidates.audio;
  to.image_output = in_candidates.image;
}

}  // namespace relayna::dialect
