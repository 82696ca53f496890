#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/buffer.hpp"
#include "relayna/core/result.hpp"
#include "relayna/dialect/usage.hpp"

// What the gateway knows of the APIs it speaks: reading requests, reading usage out of answers, rendering its
// own answers and errors. No I/O.

namespace relayna::dialect {

enum class Api : std::uint8_t { openai, anthropic, gemini };
enum class Operation : std::uint8_t {
  chat_completions,
  completions,
  responses,
  embeddings,
  messages,
  count_tokens,
  models,
  other,
  generate_content  ///< Gemini's generateContent and streamGenerateContent
};

/// Which API an operation belongs to.
Api api_of(Operation operation) noexcept;
/// The model of a Gemini path, `/v1beta/models/{model}:generateContent`; empty when there is none.
std::string_view model_in_path(std::string_view path) noexcept;

/// What later steps need to know of a request body. Views point into the body.
struct Features {
  std::string model;
  bool stream = false;
  bool include_usage = false;  ///< OpenAI chat/completions: stream_options.include_usage was true
  bool has_stream_options = false;
  std::size_t tool_count = 0;
  std::size_t tool_schema_bytes = 0;
  std::optional<std::int64_t> max_output_tokens;
  std::int64_t choices =
      1;  ///< answers asked for, each of which may take the maximum: `n`, `best_of`, several prompts
  std::string end_user;                                ///< OpenAI `user`, Anthropic `metadata.user_id`
  std::optional<std::int64_t> estimated_input_tokens;  ///< body bytes ÷ 3 rounded up (contract 8.2)
};

/// Reads a request body once with simdjson. Errors (invalid_json with the offset, invalid_request with
/// `param`): not JSON, not an object, a repeated top-level key among those read, `model` missing or not a
/// non-empty string, `stream` not a boolean, `stream_options` not an object, `tools` not an array, a token
/// maximum that is not a positive integer (0 is one for `messages` and `completions`, whose APIs give it a
/// meaning), an end user that is not a string. `null` counts as absent. For `other` and `models` nothing is
/// required and unusual types are ignored; a repeated key is refused there, too. CPU-bound: offload over 128
/// kB. One Reader per shard.
class RequestReader {
 public:
  RequestReader();
  ~RequestReader();
  core::Result<Features> read(Operation operation, const core::Buffer& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads usage from an answer while its bytes stream by, SSE or JSON, however they are cut; for
/// `generate_content` also the JSON array of a stream without `alt=sse`. No I/O, bounded memory: of SSE one
/// unfinished frame is held, at most `max_event_bytes` of it.
class UsageReader {
 public:
  static constexpr std::size_t kMaxEventBytes = std::size_t{16} << 20;
  UsageReader(Operation operation, bool sse, std::size_t max_event_bytes = kMaxEventBytes);
  ~UsageReader();
  UsageReader(UsageReader&&) noexcept;
  UsageReader& operator=(UsageReader&&) noexcept;
  void feed(std::string_view bytes);
  [[nodiscard]] const Usage& usage() const noexcept;
  /// SSE: the first event that carries content has passed (time to first token).
  [[nodiscard]] bool saw_content() const noexcept;
  /// Whether `usage` is what the provider says last, not what it said of an answer it was still at.
  [[nodiscard]] bool usage_is_final() const noexcept;
  /// SSE: about how many output tokens have passed: what the provider has counted so far, and a third of the
  /// bytes of text (at least one for each frame with text) that came since. For what the provider never
  /// reports: a client that left, a stream that broke.
  [[nodiscard]] std::int64_t estimated_output_tokens() const noexcept;
  /// SSE: how many there were at least: one for eight bytes of text.
  [[nodiscard]] std::int64_t least_output_tokens() const noexcept;
  /// SSE: the protocol's last event has passed (`[DONE]`, `message_stop`,
  /// `response.completed`/`failed`/`incomplete`, Gemini's `finishReason`): a stream that ends without is
  /// truncated.
  [[nodiscard]] bool finished() const noexcept;
  /// SSE: the stream stands between two frames.
  [[nodiscard]] bool at_boundary() const noexcept;
  /// SSE: an `error` event or `response.failed` passed, or a frame outgrew `max_event_bytes`.
  [[nodiscard]] bool saw_error() const noexcept;
  /// SSE: bytes of the longest frame so far, an unfinished one included.
  [[nodiscard]] std::size_t largest_event() const noexcept;
  /// SSE of the Responses API: what a further event would carry as `sequence_number`.
  [[nodiscard]] std::int64_t next_sequence_number() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// For OpenAI streams whose client did not ask for usage: passes everything on byte for byte except the extra
/// usage chunk that `stream_options.include_usage` makes the provider send: an event with a `usage` object
/// and empty `choices`, or, from LiteLLM, choices that say nothing. The `"usage":null` members of other
/// chunks are left as they are. A frame is passed on once it is whole, so nothing is delayed that arrives
/// whole; one too long to be a usage chunk is not held.
class UsageChunkFilter {
 public:
  UsageChunkFilter();
  ~UsageChunkFilter();
  UsageChunkFilter(UsageChunkFilter&&) noexcept;
  UsageChunkFilter& operator=(UsageChunkFilter&&) noexcept;
  /// Returns what may be sent on now; the view lives until the next call.
  std::string_view feed(std::string_view bytes);
  /// What was held back of an unfinished frame.
  std::string_view flush();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// An error of ours as the body of an answer in the caller's dialect (contract section 9).
std::string render_error(Api api, const core::Error& error, std::string_view request_id);
/// The same as the last event of a stream that has begun: one complete SSE frame. No `[DONE]` follows: the
/// stream did not finish, and clients that look only for `[DONE]` must see that. `sequence_number` is the
/// Responses API's
/// (`UsageReader::next_sequence_number`), unused elsewhere.
std::string render_stream_error(Operation operation, const core::Error& error, std::string_view request_id,
                                std::int64_t sequence_number = 0);

/// One entry of GET /v1/models.
struct ModelEntry {
  std::string id;
  std::string owned_by;
  std::int64_t created = 0;  ///< Unix seconds
};
/// OpenAI: `{"object":"list","data":[…]}`; Anthropic:
/// `{"data":[{"type":"model",…}],"has_more":false,"first_id","last_id"}`.
std::string render_models(Api api, const std::vector<ModelEntry>& models);
std::string render_model(Api api, const ModelEntry& model);

/// Estimated tokens of text the gateway must count itself: bytes ÷ 3 rounded up.
std::int64_t estimate_tokens(std::size_t bytes) noexcept;

}  // namespace relayna::dialect
