#include <chrono>

#include "relayna/core/time.hpp"
#include "relayna/dialect/dialect.hpp"

#include "dialect/text/json_writer.hpp"

namespace relayna::dialect {

namespace {

std::string created_at(std::int64_t unix_seconds) {
  return core::to_rfc3339(core::SystemTime(std::chrono::seconds(unix_seconds)));
}

void openai(JsonWriter& out, const ModelEntry& model) {
  out.begin_object().field("id", model.id).field("object", "model");
  out.field("created", model.created).field("owned_by", model.owned_by).end_object();
}

// The gateway does not know a model's limits or the stage of its life; the API's own word for that is null,
// and of what is configured `active`.
void anthropic(JsonWriter& out, const ModelEntry& model) {
  out.begin_object().field("type", "model").field("id", model.id).field("display_name", model.id);
  out.field("created_at", created_at(model.created)).field("capabilities", nullptr);
  out.field("max_input_tokens", nullptr).field("max_tokens", nullptr).field("lifecycle", "active");
  out.field("line", nullptr).field("deprecated_at", nullptr).field("retires_at", nullptr).end_object();
}

void write(JsonWriter& out, Api api, const ModelEntry& model) {
  api == Api::anthropic ? anthropic(out, model) : openai(out, model);
}

}  // namespace

std::string render_models(Api api, const std::vector<ModelEntry>& models) {
  JsonWriter out;
  out.begin_object();
  if (api != Api::anthropic) out.field("object", "list");
  out.key("data").begin_array();
  for (const ModelEntry& model : models) write(out, api, model);
  out.end_array();
  if (api == Api::anthropic) {
    out.field("has_more", false).key("first_id");
    models.empty() ? out.value(nullptr) : out.value(models.front().id);
    out.key("last_id");
    models.empty() ? out.value(nullptr) : out.value(models.back().id);
  }
  out.end_object();
  return out.take();
}

std::string render_model(Api api, const ModelEntry& model) {
  JsonWriter out;
  write(out, api, model);
  return out.take();
}

}  // namespace relayna::dialect
