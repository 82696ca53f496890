#include "dialect/sse/frames.hpp"
#include "dialect/usage/event_data.hpp"
#include "dialect/usage/stream_watch.hpp"

namespace relayna::dialect {

namespace {

// Thoughts count, too: they are what the reader waits for first. A signature alone is not content.
bool carries_content(json::Value candidate) {
  for (const json::Value part : candidate["content"]["parts"].elements()) {
    for (const json::Field member : part.members()) {
      if (member.key == "thought" || member.key == "thoughtSignature") continue;
      if (member.value.object()) return true;  // functionCall, inlineData, executableCode, …
      if (const auto text = member.value.string(); text && !text->empty()) return true;
    }
  }
  return false;
}

void look_at_candidates(const EventData& chunk, StreamWatch& watch) {
  if (chunk.is_long()) {  // an image; `finishReason` with its quotes cannot be text, there they are escaped
    watch.content = true;
    watch.finished = watch.finished || chunk.text().contains("\"finishReason\":");
    return;
  }
  for (const json::Value candidate : chunk.at({"candidates"}).elements()) {
    if (candidate["finishReason"].string()) watch.finished = true;
    if (!watch.content) watch.content = carries_content(candidate);
  }
}

}  // namespace

void watch_gemini(std::string_view frame, StreamWatch& watch) {
  const sse::Fields fields = sse::parse_fields(frame, watch.joined);
  if (fields.data.empty()) return;
  const EventData chunk(fields.data);
  if (const json::Value usage = chunk.at({"usageMetadata"}); usage.object()) {
    watch.gemini_counts.take(usage);
    watch.gemini_counts.apply(watch.usage);
  }
  if (!watch.usage.model) {
    const auto model = chunk.at({"modelVersion"}).string();
    if (model && !model->empty()) watch.usage.model = *model;
  }
  if (!chunk.at({"error"}).is_null()) watch.error = true;
  if (chunk.at({"promptFeedback", "blockReason"}).string()) watch.finished = true;  // nothing follows
  look_at_candidates(chunk, watch);
  watch.saw_text(frame, {"text"});
  watch.usage_is_final = watch.finished && watch.usage.reported();
}

}  // namespace relayna::dialect
