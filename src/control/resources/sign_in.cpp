#include <algorithm>

#include "relayna/identity/bootstrap.hpp"
#include "relayna/identity/operator_auth.hpp"

#include "control/api/schemas.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

namespace {

using json::Document;

identity::Visitor visitor(const Call& call) {
  return {call.address, call.user_agent, call.request_id};
}

/// The client's side has TLS when the listener has, or when a trusted proxy says so.
identity::SessionSettings cookie_settings(const Resources& with, const Call& call) {
  auto settings = with.sessions;
  settings.secure = settings.secure || call.tls;
  return settings;
}

identity::Identified identified(const Caller& caller) {
  return {caller.operator_id,         caller.name, caller.scopes,
          caller.session_id,          caller.csrf, caller.session_ends_at,
          caller.must_change_password};
}

Document session_schema() {
  return object_schema(
      {{"operator_id", {{"type", "string"}, {"format", "uuid"}}},
       {"name", {{"type", "string"}}},
       {"scopes", array_of({{"type", "string"}})},
       {"csrf_token",
        {{"type", Document::array({"string", "null"})},
         {"description",
          "Every write by the session's cookie sends it as `x-relayna-csrf`; null by token."}}},
       {"expires_at", {{"type", Document::array({"string", "null"})}, {"format", "date-time"}}},
       {"must_change_password", {{"type", "boolean"}}},
       {"rotate_bootstrap_token",
        {{"type", "boolean"}, {"description", "The token the installation made is still in use."}}}});
}

core::Result<Document> shown(const identity::Identified& who, const Resources& with, core::SystemTime now) {
  auto bootstrap = identity::bootstrap_token_in_use(with.store.administration(), now);
  if (!bootstrap) return std::unexpected(std::move(bootstrap.error()));
  return Document{
      {"operator_id", who.operator_id},
      {"name", who.name},
      {"scopes", who.scopes},
      {"csrf_token", who.csrf.empty() ? Document() : Document(who.csrf)},
      {"expires_at", who.session_ends_at ? Document(core::to_rfc3339(*who.session_ends_at)) : Document()},
      {"must_change_password", who.must_change_password},
      {"rotate_bootstrap_token", *bootstrap}};
}

/// The texts of a body that must have exactly one of the given sets of members; what is wrong goes to the
/// call.
std::vector<std::string> take_texts(Call& call, const std::vector<std::string>& names) {
  std::vector<std::string> values;
  for (const auto& name : names) {
    const auto given = call.body.find(name);
    if (given == call.body.end()) {
      call.problems.add(name, "is required");
    } else if (!given->is_string() || given->get_ref<const std::string&>().empty()) {
      call.problems.add(name, "must be a string that is not empty");
    } else {
      values.push_back(given->get<std::string>());
    }
  }
  for (const auto& [name, given] : call.body.items()) {
    if (std::ranges::find(names, name) == names.end()) call.problems.add(name, "is unknown here");
  }
  return values;
}

core::Result<Answer> sign_in(Call& call, const Resources& with) {
  const bool by_token = !call.body.contains("email") && !call.body.contains("password");
  const auto given = take_texts(
      call, by_token ? std::vector<std::string>{"token"} : std::vector<std::string>{"email", "password"});
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  auto signed_in = by_token ? with.operators.sign_in_with_token(core::Secret(given[0]), visitor(call))
                            : with.operators.sign_in(given[0], core::Secret(given[1]), visitor(call));
  if (!signed_in) return std::unexpected(std::move(signed_in.error()));
  auto body = shown(signed_in->who, with, call.now);
  if (!body) return std::unexpected(std::move(body.error()));
  Answer answer;
  answer.body = std::move(*body);
  answer.headers.emplace_back("Set-Cookie",
                              identity::set_cookie(signed_in->cookie, cookie_settings(with, call)));
  return answer;
}

core::Result<Answer> sign_out(Call& call, const Resources& with) {
  if (auto done = with.operators.sign_out(identified(call.caller), visitor(call)); !done) {
    return std::unexpected(std::move(done.error()));
  }
  Answer answer;
  answer.status = 204;
  answer.headers.emplace_back("Set-Cookie", identity::clear_cookie(cookie_settings(with, call)));
  return answer;
}

core::Result<Answer> change_password(Call& call, const Resources& with) {
  const auto given = take_texts(call, {"current_password", "new_password"});
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  auto done = with.operators.change_password(identified(call.caller), core::Secret(given[0]),
                                             core::Secret(given[1]), visitor(call));
  if (!done) return std::unexpected(std::move(done.error()));
  Answer answer;
  answer.status = 204;
  return answer;
}

Document texts_schema(std::initializer_list<const char*> names) {
  Document properties = Document::object();
  for (const auto* name : names) properties[name] = {{"type", "string"}, {"minLength", 1}};
  return object_schema(std::move(properties));
}

Operation own(std::string method, std::string path, std::string id, std::string summary,
              std::function<core::Result<Answer>(Call&)> run) {
  Operation operation;
  operation.method = std::move(method);
  operation.path = std::move(path);
  operation.id = std::move(id);
  operation.summary = std::move(summary);
  operation.tag = "Sign-in";
  operation.own_session = true;
  operation.run = Operation::Blocking(std::move(run));
  return operation;
}

}  // namespace

void add_sign_in(Api& api, const Resources& with) {
  using enum core::ErrorCode;
  api.add_schema("OwnSession", session_schema());

  auto opened = own("POST", "/admin/session", "session.open", "Sign in",
                    [with](Call& call) { return sign_in(call, with); });
  opened.about =
      "With an operator token, or with email and password. The cookie it sets is for browsers; scripts send "
      "the token itself.";
  opened.open = true;
  opened.request = {
      {"oneOf", Document::array({texts_schema({"token"}), texts_schema({"email", "password"})})}};
  opened.response = reference("OwnSession");
  opened.errors = {invalid_credentials,     malformed_authorization, invalid_operator_token,
                   disabled_operator_token, expired_operator_token,  too_many_attempts};
  api.add(std::move(opened));

  auto read =
      own("GET", "/admin/session", "session.get", "Who one is", [with](Call& call) -> core::Result<Answer> {
        auto body = shown(identified(call.caller), with, call.now);
        if (!body) return std::unexpected(std::move(body.error()));
        Answer answer;
        answer.body = std::move(*body);
        return answer;
      });
  read.response = reference("OwnSession");
  api.add(std::move(read));

  auto closed = own("DELETE", "/admin/session", "session.close", "Sign out",
                    [with](Call& call) { return sign_out(call, with); });
  closed.status = 204;
  api.add(std::move(closed));

  auto password = own("POST", "/admin/session/password", "session.password", "Change one's own password",
                      [with](Call& call) { return change_password(call, with); });
  password.about = "Ends one's other sessions.";
  password.request = texts_schema({"current_password", "new_password"});
  password.status = 204;
  password.errors = {invalid_credentials};
  api.add(std::move(password));
}

}  // namespace relayna::control
