#include <algorithm>

#include "relayna/dialect/dialect.hpp"

#include "dialect/echo/answer.hpp"
#include "dialect/text/json_writer.hpp"
#include "dialect/text/utf8.hpp"

namespace relayna::dialect::echoing {

namespace {

constexpr std::size_t kLongestArgument = 1024;
constexpr int kDeepestSchema = 8;

/// Writes a value that a JSON Schema accepts, as far as its types go; strings repeat the prompt.
class Sample {
 public:
  Sample(JsonWriter& out, std::string_view text, int number) : out_(out), number_(number) {
    text_ = utf8_prefix(text, kLongestArgument);
    if (number > 1) text_ += " (" + std::to_string(number) + ")";
  }

  void arguments(json::Value schema) {
    if (schema["properties"].object()) return value(schema, 0);
    out_.begin_object().field("text", text_).end_object();
  }

 private:
  void value(json::Value schema, int depth) {
    if (const json::Value constant = schema["const"]; constant.exists()) return void(out_.value(constant));
    if (const auto choices = schema["enum"].array(); choices && !choices->empty()) {
      return void(out_.value(*choices->begin()));
    }
    const std::string_view type = type_of(schema);
    if (type == "object") {
      out_.begin_object();
      if (depth < kDeepestSchema) {
        for (const json::Field property : schema["properties"].members()) {
          out_.key(property.key);
          value(property.value, depth + 1);
        }
      }
      out_.end_object();
    } else if (type == "array") {
      out_.begin_array();
      if (depth < kDeepestSchema && schema["items"].object()) value(schema["items"], depth + 1);
      out_.end_array();
    } else if (type == "integer") {
      out_.value(number_);
    } else if (type == "number") {
      out_.value(number_ + 0.5);
    } else if (type == "boolean") {
      out_.value(true);
    } else if (type == "null") {
      out_.value(nullptr);
    } else {
      out_.value(std::string_view(text_));
    }
  }

  static std::string_view type_of(json::Value schema) {
    json::Value type = schema["type"];
    if (const auto several = type.array(); several && !several->empty()) type = *several->begin();
    if (const auto name = type.string()) return *name;
    return schema["properties"].object() ? "object" : "string";
  }

  JsonWriter& out_;
  std::string text_;
  int number_;
};

}  // namespace

std::vector<std::string_view> ToolCall::pieces() const {
  const std::size_t half = std::max<std::size_t>(arguments.size() / 2, 1);
  return utf8_pieces(arguments, std::min(piece_bytes, half));
}

std::vector<ToolCall> call_tools(const EchoOptions& options, const std::vector<Tool>& tools,
                                 std::string_view prompt_text, bool parallel) {
  std::vector<ToolCall> calls;
  const int count = parallel ? options.tool_calls : std::min(options.tool_calls, 1);
  for (int i = 0; i < count; ++i) {
    const Tool tool = tools.empty() ? Tool{"echo", {}} : tools[static_cast<std::size_t>(i) % tools.size()];
    JsonWriter out;
    Sample(out, prompt_text, i + 1).arguments(tool.schema);
    calls.push_back({std::string(tool.name), out.take(), options.chunk_bytes});
  }
  return calls;
}

std::int64_t tokens_of(const std::vector<ToolCall>& calls) {
  std::size_t bytes = 0;
  for (const ToolCall& call : calls) bytes += call.name.size() + call.arguments.size();
  return estimate_tokens(bytes);
}

}  // namespace relayna::dialect::echoing
