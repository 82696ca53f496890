#include "upstream/echo_provider.hpp"

#include <algorithm>

#include "relayna/core/encoding.hpp"
#include "relayna/dialect/echo.hpp"

#include "upstream/edited_body.hpp"

namespace relayna::upstream {

namespace {

constexpr std::chrono::hours kStall{24};  // `x-echo-fault: stall`: longer than any timeout

/// The frames of a stream, one per pull, with the delay asked for between them.
class EchoStream final : public http::BodySource {
 public:
  EchoStream(runtime::Shard& shard, std::vector<std::string> frames, dialect::EchoOptions options,
             runtime::StopSource* stop)
      : shard_(shard), frames_(std::move(frames)), options_(std::move(options)), stop_(stop) {
    if (options_.fault == "truncate") frames_.resize(std::max<std::size_t>(1, frames_.size() / 2));
  }

  runtime::Task<core::Result<http::Chunk>> next() override {
    const bool halfway = position_ >= std::max<std::size_t>(1, frames_.size() / 2);
    if (options_.fault == "stall" && halfway) {
      if (!co_await shard_.sleep(kStall, stop_)) co_return core::fail(core::ErrorCode::client_closed);
    }
    if (position_ >= frames_.size()) {
      if (options_.fault == "truncate") {
        co_return core::fail(core::ErrorCode::upstream_protocol, "The upstream ended the stream early.",
                             "x-echo-fault: truncate");
      }
      co_return http::Chunk{{}, true};
    }
    if (position_ > 0 && options_.chunk_delay.count() > 0) {
      if (!co_await shard_.sleep(options_.chunk_delay, stop_))
        co_return core::fail(core::ErrorCode::client_closed);
    }
    co_return http::Chunk{frames_[position_++], false};
  }

 private:
  runtime::Shard& shard_;
  std::vector<std::string> frames_;
  dialect::EchoOptions options_;
  runtime::StopSource* stop_;
  std::size_t position_ = 0;
};

core::Result<dialect::EchoOptions> read_options(const http::Fields& fields) {
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  for (const auto field : fields) {
    if (field.name.size() > 7 && core::iequals(field.name.substr(0, 7), "x-echo-"))
      headers.emplace_back(field.name, field.value);
  }
  return dialect::parse_echo_options(headers);
}

}  // namespace

runtime::Task<core::Result<Answer>> call_echo(runtime::Shard& shard, const Candidate& candidate,
                                              const Outbound& outbound) {
  auto options = read_options(*outbound.client_fields);
  if (!options) co_return std::unexpected(options.error());
  // Echo is asked what any other provider would be asked, edits included; but for the usage of legacy
  // completions, whose chunks would then carry a `"usage":null` that clients of that API do not expect.
  Outbound asked = outbound;
  asked.inject_usage = outbound.inject_usage && outbound.operation == dialect::Operation::chat_completions;
  auto edited = edited_body(asked, candidate);
  if (!edited) co_return std::unexpected(edited.error());
  const std::string body = edited->str();
  dialect::EchoRequest request;
  request.operation = outbound.operation;
  request.body = body;
  request.request_id = std::string(outbound.request_id);
  request.created =
      std::chrono::duration_cast<std::chrono::seconds>(shard.clock().wall().time_since_epoch()).count();
  request.options = *options;
  auto answer = dialect::echo(request);
  if (!answer) co_return std::unexpected(answer.error());

  if (options->latency.count() > 0 && !co_await shard.sleep(options->latency, outbound.stop)) {
    co_return core::fail(core::ErrorCode::client_closed);
  }
  if (options->fault == "reset") {
    co_return core::fail(core::ErrorCode::upstream_connection, {}, "x-echo-fault: reset");
  }
  if (options->fault == "stall" && !answer->sse) {
    if (!co_await shard.sleep(kStall, outbound.stop)) co_return core::fail(core::ErrorCode::client_closed);
  }
  Answer out;
  out.head.status = answer->status;
  out.head.fields.add("Content-Type", answer->sse ? "text/event-stream; charset=utf-8" : "application/json");
  if (answer->sse) {
    out.head.fields.add("Cache-Control", "no-cache");
    out.body = std::make_unique<EchoStream>(shard, std::move(answer->frames), *options, outbound.stop);
  } else {
    out.body = std::make_unique<http::StringBody>(std::move(answer->json));
  }
  out.provider = candidate.provider;
  out.model = candidate.model;
  out.credential_source = "none";
  co_return out;
}

}  // namespace relayna::upstream
