#include "control/api/api.hpp"

namespace relayna::control {

http::Response plain_answer(int status, const std::string& request_id) {
  http::Response response;
  response.head.status = status;
  response.head.fields.add("Cache-Control", "no-store");
  response.head.fields.add("X-Content-Type-Options", "nosniff");
  response.head.fields.add("x-relayna-request-id", request_id);
  return response;
}

http::Response json_answer(int status, const json::Document& body, const std::string& request_id) {
  auto response = plain_answer(status, request_id);
  if (body.is_null()) return response;
  response.head.fields.add("Content-Type", "application/json");
  response.body = std::make_unique<http::StringBody>(json::dump(body));
  return response;
}

http::Response write_answer(Answer answer, const Call& call) {
  if (answer.once.is_object()) answer.body.update(answer.once);
  auto response = json_answer(answer.status, answer.body, call.request_id);
  for (const auto& [name, value] : answer.headers) response.head.fields.add(name, value);
  return response;
}

http::Response error_answer(const core::Error& error, const std::string& request_id,
                            const Problems* problems) {
  json::Document body;
  auto& told = body["error"];
  told = {{"code", error.info().name}, {"message", error.public_message()}, {"request_id", request_id}};
  if (error.retry_after) told["retry_after_seconds"] = error.retry_after->count();
  json::Document fields = json::Document::array();
  if (problems != nullptr && error.code == core::ErrorCode::invalid_request) {
    for (const auto& problem : problems->all())
      fields.push_back({{"path", problem.path}, {"message", problem.message}});
  }
  if (fields.empty() && !error.param.empty())
    fields.push_back({{"path", error.param}, {"message", error.public_message()}});
  if (!fields.empty()) told["fields"] = std::move(fields);
  auto response = json_answer(error.info().http_status, body, request_id);
  response.head.fields.add("x-relayna-error", error.info().name);
  if (error.retry_after) response.head.fields.add("Retry-After", std::to_string(error.retry_after->count()));
  if (error.info().http_status == 401)
    response.head.fields.add("WWW-Authenticate", "Bearer realm=\"relayna-gateway\"");
  return response;
}

json::Document reference(std::string_view name) {
  return {{"$ref", "#/components/schemas/" + std::string(name)}};
}

}  // namespace relayna::control
