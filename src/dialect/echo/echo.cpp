#include "relayna/dialect/echo.hpp"

#include "dialect/echo/check.hpp"
#include "dialect/echo/context.hpp"

namespace relayna::dialect {

namespace {

using echoing::Context;

core::Result<EchoAnswer> answer(Context& context) {
  switch (context.request.operation) {
    case Operation::chat_completions:
      return echoing::chat_completion(context);
    case Operation::completions:
      return echoing::completion(context);
    case Operation::responses:
      return echoing::response(context);
    case Operation::embeddings:
      return echoing::embeddings(context);
    case Operation::messages:
      return echoing::message(context);
    case Operation::count_tokens:
      return echoing::token_count(context);
    case Operation::models:
    case Operation::other:
    case Operation::generate_content:
      break;
  }
  return core::fail(core::ErrorCode::unsupported_route, "The echo provider does not have this operation.");
}

EchoAnswer refusal(const EchoRequest& request, int status) {
  EchoAnswer refused;
  refused.status = status;
  refused.json = echoing::provider_error(api_of(request.operation), status, request.request_id);
  return refused;
}

// In the middle, so that something has arrived before and something is missed after. The cut goes through a
// frame: a reader has to notice that as well as a missing end.
void truncate(std::vector<std::string>& frames) {
  frames.resize((frames.size() + 1) / 2);
  std::string& last = frames.back();
  last.resize(last.size() / 2);
}

void break_off(const EchoRequest& request, std::vector<std::string>& frames) {
  frames.resize(frames.size() / 2);
  frames.push_back(echoing::provider_stream_error(request.operation, request.request_id,
                                                  static_cast<std::int64_t>(frames.size())));
}

core::Result<EchoAnswer> answer_with_faults(Context& context) {
  const EchoRequest& request = context.request;
  auto answered = answer(context);
  if (!answered) return answered;
  if (request.options.status != 200) return refusal(request, request.options.status);
  if (request.options.fault == "error-event") {
    if (!answered->sse) return refusal(request, 500);
    break_off(request, answered->frames);
  } else if (request.options.fault == "truncate" && answered->sse) {
    truncate(answered->frames);
  }
  return answered;
}

}  // namespace

core::Result<EchoAnswer> echo(const EchoRequest& request) {
  thread_local json::Reader reader;
  // One large body must not leave its memory behind for good.
  struct Trim {
    ~Trim() { reader.trim(); }
  } const trim;
  const auto root = reader.parse(request.body);
  if (!root) return std::unexpected(root.error());
  if (!root->object()) {
    return core::fail(core::ErrorCode::invalid_request, "The request body must be a JSON object.");
  }
  const auto model = (*root)["model"].string();
  if (!model || model->empty()) return echoing::bad("model", "`model` must be a non-empty string.");
  const auto stream = echoing::optional_boolean(*root, "stream", false);
  if (!stream) return std::unexpected(stream.error());

  Context context{.request = request,
                  .body = *root,
                  .model = std::string(*model),
                  .stream = *stream,
                  .ids = echoing::Ids(request.request_id)};
  return answer_with_faults(context);
}

}  // namespace relayna::dialect
