#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "relayna/dialect/dialect.hpp"
#include "relayna/json/reader.hpp"
#include "relayna/json/scan.hpp"

namespace relayna::dialect {

namespace {

/// The top-level members this reader looks at; which of them depends on the operation.
enum Name : std::uint8_t {
  model,
  stream,
  stream_options,
  tools,
  functions,
  max_completion_tokens,
  max_tokens,
  max_output_tokens,
  user,
  safety_identifier,
  metadata,
  generation_config,
  n,
  best_of,
  prompt,
  name_count
};
constexpr std::array<std::string_view, name_count> kNames{"model",
                                                          "stream",
                                                          "stream_options",
                                                          "tools",
                                                          "functions",
                                                          "max_completion_tokens",
                                                          "max_tokens",
                                                          "max_output_tokens",
                                                          "user",
                                                          "safety_identifier",
                                                          "metadata",
                                                          "generationConfig",
                                                          "n",
                                                          "best_of",
                                                          "prompt"};

/// How one operation's requests are read.
struct Shape {
  bool known =
      true;  // of an unknown operation nothing is demanded: another meaning of a name is not an error
  bool model_in_path = false;
  std::array<bool, name_count> reads{};
  std::array<Name, 2> maxima{name_count, name_count};  // the first one present counts
  std::int64_t smallest_maximum = 1;
};

constexpr Shape shape_of(Operation operation) {
  Shape shape;
  const auto reads = [&shape](auto... names) { ((shape.reads[names] = true), ...); };
  reads(model);
  switch (operation) {
    case Operation::chat_completions:
      reads(stream, stream_options, tools, functions, max_completion_tokens, max_tokens, user,
            safety_identifier, n);
      shape.maxima = {max_completion_tokens, max_tokens};
      break;
    case Operation::completions:
      reads(stream, stream_options, max_tokens, user, n, best_of, prompt);
      shape.maxima[0] = max_tokens;
      shape.smallest_maximum = 0;  // scores a prompt without adding to it
      break;
    case Operation::responses:
      reads(stream, stream_options, tools, max_output_tokens, user, safety_identifier);
      shape.maxima[0] = max_output_tokens;
      break;
    case Operation::embeddings:
      reads(user);
      break;
    case Operation::messages:
      reads(stream, tools, max_tokens, metadata);
      shape.maxima[0] = max_tokens;
      shape.smallest_maximum = 0;  // warms the prompt cache without an answer
      break;
    case Operation::count_tokens:
      reads(tools);
      break;
    case Operation::generate_content:  // model and streaming stand in the path
      reads(tools, generation_config);
      shape.model_in_path = true;
      break;
    case Operation::models:
    case Operation::other:
      reads(stream, user);
      shape.known = false;
      break;
  }
  return shape;
}

std::unexpected<core::Error> invalid(std::string_view param, std::string message) {
  return std::unexpected(
      core::Error(core::ErrorCode::invalid_request, std::move(message)).with_param(std::string(param)));
}

std::unexpected<core::Error> wrong(std::string_view param, std::string_view what_is_right) {
  return invalid(param, "`" + std::string(param) + "` must be " + std::string(what_is_right) + ".");
}

/// The values of the members that are read, by Name.
using Members = std::array<json::Value, name_count>;

core::Result<Members> collect(const Shape& shape, json::Object root) {
  Members members;
  for (const json::Field field : root) {
    for (std::size_t name = 0; name < name_count; ++name) {
      if (!shape.reads[name] || field.key != kNames[name]) continue;
      if (members[name].exists()) {
        return invalid(kNames[name],
                       "`" + std::string(kNames[name]) + "` appears more than once; send it exactly once.");
      }
      members[name] = field.value;
      break;
    }
  }
  return members;
}

core::Result<void> read_model(const Shape& shape, const Members& members, Features& features) {
  if (shape.model_in_path && !members[model].exists()) return {};
  const json::Value value = members[model];
  const auto text = value.string();
  if (text && !text->empty()) {
    features.model = *text;
  } else if (shape.known) {
    if (!value.exists())
      return invalid("model", "`model` is missing; name the model to use, for example \"gpt-4o\".");
    return wrong("model", "a non-empty string");
  }
  return {};
}

core::Result<void> read_stream(const Shape& shape, const Members& members, Features& features) {
  if (const json::Value value = members[stream]; !value.is_null()) {
    const auto flag = value.boolean();
    if (!flag && shape.known) return wrong("stream", "true or false");
    features.stream = flag.value_or(false);
  }
  const json::Value options = members[stream_options];
  if (options.is_null()) return {};
  if (!options.object()) return wrong("stream_options", "an object, for example {\"include_usage\": true}");
  features.has_stream_options = true;
  if (const json::Value usage = options["include_usage"]; !usage.is_null()) {
    const auto flag = usage.boolean();
    if (!flag) return wrong("stream_options.include_usage", "true or false");
    features.include_usage = *flag;
  }
  return {};
}

core::Result<void> read_maximum(const Shape& shape, const Members& members, Features& features) {
  for (const Name name : shape.maxima) {
    if (name == name_count || members[name].is_null()) continue;
    const auto number = members[name].integer();
    if (!number || *number < shape.smallest_maximum) {
      return wrong(kNames[name],
                   shape.smallest_maximum == 0 ? "an integer of 0 or more" : "a positive integer");
    }
    if (!features.max_output_tokens) features.max_output_tokens = number;
  }
  return {};
}

/// Whether a list of prompts is one: a list of token ids is a single prompt.
std::int64_t prompts_in(json::Value value) {
  const auto list = value.array();
  if (!list || list->empty()) return 1;
  const json::Value first = *list->begin();
  return first.string() || first.array() ? static_cast<std::int64_t>(list->size()) : 1;
}

core::Result<void> read_choices(const Members& members, Features& features) {
  constexpr std::int64_t kMost = 1'000'000;  // far beyond what any provider takes; keeps the product small
  for (const Name name : {n, best_of}) {
    if (members[name].is_null()) continue;
    const auto number = members[name].number();  // `1.0` is one, too
    if (!number || *number < 1) return wrong(kNames[name], "a positive integer");
    const double most = std::min(std::ceil(*number), static_cast<double>(kMost));
    features.choices = std::max(features.choices, static_cast<std::int64_t>(most));
  }
  features.choices *= std::min(prompts_in(members[prompt]), kMost);
  return {};
}

core::Result<void> read_generation_config(const Members& members, Features& features) {
  const json::Value config = members[generation_config];
  if (config.is_null()) return {};
  if (!config.object())
    return wrong("generationConfig", "an object, for example {\"maxOutputTokens\": 1024}");
  if (const json::Value maximum = config["maxOutputTokens"]; !maximum.is_null()) {
    const auto number = maximum.integer();
    if (!number || *number < 1) return wrong("generationConfig.maxOutputTokens", "a positive integer");
    features.max_output_tokens = number;
  }
  if (const json::Value count = config["candidateCount"]; !count.is_null()) {
    const auto number = count.integer();
    if (!number || *number < 1) return wrong("generationConfig.candidateCount", "a positive integer");
    features.choices = *number;
  }
  return {};
}

core::Result<void> read_tools(const Members& members, std::string_view body, Features& features) {
  for (const Name name : {tools, functions}) {
    if (members[name].is_null()) continue;
    const auto list = members[name].array();
    if (!list) return wrong(kNames[name], "an array");
    features.tool_count += list->size();
  }
  if (features.tool_count == 0) return {};
  auto top = json::top_level(body);
  if (!top) return std::unexpected(std::move(top.error()));
  for (const json::Member& member : *top) {
    const bool counts = (member.key == kNames[tools] && members[tools].exists()) ||
                        (member.key == kNames[functions] && members[functions].exists());
    if (counts) features.tool_schema_bytes += member.value_end - member.value_begin;
  }
  return {};
}

core::Result<void> read_end_user(const Shape& shape, const Members& members, Features& features) {
  for (const Name name : {user, safety_identifier}) {
    if (members[name].is_null()) continue;
    const auto text = members[name].string();
    if (!text && shape.known) return wrong(kNames[name], "a string");
    if (features.end_user.empty()) features.end_user = text.value_or("");
  }
  const json::Value about = members[metadata];
  if (about.is_null()) return {};
  if (!about.object()) return wrong("metadata", "an object, for example {\"user_id\": \"u-1\"}");
  if (const json::Value id = about["user_id"]; !id.is_null()) {
    const auto text = id.string();
    if (!text) return wrong("metadata.user_id", "a string");
    features.end_user = *text;
  }
  return {};
}

}  // namespace

struct RequestReader::State {
  json::Reader reader;
};

RequestReader::RequestReader() : state_(std::make_unique<State>()) {}
RequestReader::~RequestReader() = default;

core::Result<Features> RequestReader::read(Operation operation, const core::Buffer& body) {
  // One large body must not leave its memory behind for good.
  struct Trim {
    json::Reader& reader;
    ~Trim() { reader.trim(); }
  } const trim{state_->reader};

  const auto root = state_->reader.parse(body);
  if (!root) return std::unexpected(root.error());
  const auto object = root->object();
  if (!object) return core::fail(core::ErrorCode::invalid_request, "The request body must be a JSON object.");

  const Shape shape = shape_of(operation);
  auto members = collect(shape, *object);
  if (!members) return std::unexpected(std::move(members.error()));

  Features features;
  features.estimated_input_tokens = estimate_tokens(body.size());
  core::Result<void> done = read_model(shape, *members, features);
  if (done) done = read_stream(shape, *members, features);
  if (done) done = read_maximum(shape, *members, features);
  if (done) done = read_choices(*members, features);
  if (done) done = read_generation_config(*members, features);
  if (done) done = read_tools(*members, body.view(), features);
  if (done) done = read_end_user(shape, *members, features);
  if (!done) return std::unexpected(std::move(done.error()));
  return features;
}

}  // namespace relayna::dialect
