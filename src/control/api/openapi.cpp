#include "control/api/openapi.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "control/api/query_check.hpp"
#include "control/api/schemas.hpp"

namespace relayna::control {

using json::Document;

namespace {

/// What any operation may answer.
std::set<core::ErrorCode> possible_errors(const Operation& operation) {
  using enum core::ErrorCode;
  std::set<core::ErrorCode> codes{invalid_request, internal_error, store_unavailable};
  codes.insert(operation.errors.begin(), operation.errors.end());
  if (!operation.open) {
    codes.insert({missing_authorization, malformed_authorization, invalid_operator_token, too_many_attempts});
    codes.insert(insufficient_operator_scope);
  }
  if (!operation.request.is_null())
    codes.insert({invalid_json, unsupported_media_type, request_body_too_large});
  return codes;
}

Document error_responses(const Operation& operation) {
  std::map<int, std::string> by_status;
  for (const auto code : possible_errors(operation)) {
    const auto& info = core::error_info(code);
    by_status[info.http_status]
        .append(by_status[info.http_status].empty() ? "`" : ", `")
        .append(info.name)
        .append("`");
  }
  Document responses = Document::object();
  for (const auto& [status, codes] : by_status) {
    responses[std::to_string(status)] = {
        {"description", codes}, {"content", {{"application/json", {{"schema", reference("Error")}}}}}};
  }
  return responses;
}

Document parameter_schema(const Parameter& parameter) {
  Document schema = parameter.schema;
  if (schema == Document{{"type", "string"}} && !may_be_empty(parameter)) schema["minLength"] = 1;
  return schema;
}

Document parameters_of(const Operation& operation) {
  Document parameters = Document::array();
  for (std::size_t open = operation.path.find('{'); open != std::string::npos;
       open = operation.path.find('{', open + 1)) {
    const auto close = operation.path.find('}', open);
    parameters.push_back({{"name", operation.path.substr(open + 1, close - open - 1)},
                          {"in", "path"},
                          {"required", true},
                          {"schema", {{"type", "string"}}}});
  }
  for (const auto& parameter : operation.query) {
    parameters.push_back({{"name", parameter.name},
                          {"in", "query"},
                          {"schema", parameter_schema(parameter)},
                          {"description", parameter.about}});
    if (may_be_empty(parameter)) parameters.back()["allowEmptyValue"] = true;
  }
  const auto header = [&](std::string_view name, std::string_view about) {
    parameters.push_back(
        {{"name", name}, {"in", "header"}, {"schema", {{"type", "string"}}}, {"description", about}});
  };
  const auto may_answer = [&](core::ErrorCode code) {
    return std::ranges::find(operation.errors, code) != operation.errors.end();
  };
  if (may_answer(core::ErrorCode::precondition_failed))
    header("If-Match", "The ETag the change is based on.");
  if (may_answer(core::ErrorCode::idempotency_conflict)) {
    header(
        "Idempotency-Key",
        "A repeated request with the same key changes nothing and gets the first answer without its secret.");
  }
  return parameters;
}

Document operation_object(const Operation& operation) {
  Document success{{"description", operation.summary}};
  if (!operation.response.is_null()) {
    success["content"] = {{operation.response_type, {{"schema", operation.response}}}};
  }
  Document responses{{std::to_string(operation.status), std::move(success)}};
  if (operation.method == "GET" && operation.path.ends_with("{id}"))
    responses["304"] = {{"description", "Not changed."}};
  responses.update(error_responses(operation));
  Document object{{"operationId", operation.id},
                  {"summary", operation.summary},
                  {"tags", Document::array({operation.tag})}};
  std::string about = operation.about;
  if (!operation.scope.empty())
    about.append(about.empty() ? "" : " ").append(fmt::format("Needs the scope `{}`.", operation.scope));
  if (!about.empty()) object["description"] = about;
  if (!operation.scope.empty()) object["x-required-scope"] = operation.scope;
  if (auto parameters = parameters_of(operation); !parameters.empty())
    object["parameters"] = std::move(parameters);
  if (!operation.request.is_null()) {
    Document schema = operation.request;
    const bool optional = schema.contains("x-optional");
    schema.erase("x-optional");
    object["requestBody"] = {{"required", !optional},
                             {"content", {{"application/json", {{"schema", schema}}}}}};
  }
  object["responses"] = std::move(responses);
  if (operation.open) object["security"] = Document::array();
  return object;
}

Document error_schema() {
  return object_schema({{"error",
                         {{"type", "object"},
                          {"additionalProperties", false},
                          {"required", {"code", "message", "request_id"}},
                          {"properties",
                           {{"code", {{"type", "string"}}},
                            {"message", {{"type", "string"}}},
                            {"request_id", {{"type", "string"}}},
                            {"retry_after_seconds", {{"type", "integer"}}},
                            {"fields", array_of(object_schema({{"path", {{"type", "string"}}},
                                                               {"message", {{"type", "string"}}}}))}}}}}});
}

}  // namespace

Document openapi_document(const Api& api, const std::string& version) {
  Document paths = Document::object();
  for (const auto& operation : api.operations()) {
    std::string method = operation->method;
    std::ranges::transform(method, method.begin(), [](unsigned char c) { return std::tolower(c); });
    paths[operation->path][method] = operation_object(*operation);
  }
  Document schemas = api.schemas();
  schemas["Error"] = error_schema();
  return {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "Relayna Gateway admin API"},
        {"version", version},
        {"description",
         "Everything the gateway does can be seen and governed here. Lists are paged by cursor, PATCH is a "
         "JSON merge "
         "patch, unknown fields are errors, secrets are write-only, and every change is in the audit log."}}},
      {"paths", std::move(paths)},
      {"components",
       {{"schemas", std::move(schemas)},
        {"securitySchemes",
         {{"operatorToken", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "op_live_…"}}},
          {"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "relayna_session"}}}}}}},
      {"security",
       Document::array({{{"operatorToken", Document::array()}}, {{"session", Document::array()}}})}};
}

}  // namespace relayna::control
