#include "upstream/refused_credential.hpp"

#include <array>

#include "relayna/json/document.hpp"

#include "upstream/peek_body.hpp"

namespace relayna::upstream {

namespace {

constexpr std::size_t kMostRead = 64 * 1024;

/// `error.type` or `error.code` values with which OpenAI, Anthropic and LiteLLM speak of the credential
/// itself.
constexpr std::array<std::string_view, 7> kAboutCredential{
    "authentication_error",    "permission_error",         "invalid_api_key",          "auth_error",
    "key_model_access_denied", "team_model_access_denied", "insufficient_permissions",
};

bool about_credential(std::string_view body) {
  auto document = json::parse(body);
  if (!document || !document->is_object())
    return true;  // a bare 403 from a proxy in between: not the client's doing either
  const auto error = document->find("error");
  if (error == document->end() || !error->is_object()) return false;
  for (const char* member : {"type", "code"}) {
    const auto value = error->find(member);
    if (value == error->end() || !value->is_string()) continue;
    for (const auto& name : kAboutCredential) {
      if (value->get_ref<const std::string&>() == name) return true;
    }
  }
  return false;
}

core::Error auth_failed(const Answer& answer) {
  return core::Error(core::ErrorCode::upstream_auth_failed, {},
                     answer.provider->name + " answered " + std::to_string(answer.head.status) +
                         " to the gateway's credential");
}

}  // namespace

runtime::Task<std::optional<core::Error>> refused_credential(Answer& answer) {
  if (answer.head.status == 401) co_return auth_failed(answer);
  if (answer.head.status != 403) co_return std::nullopt;
  auto body = co_await peek_body(answer, kMostRead);
  if (!body) co_return std::move(body.error());
  if (about_credential(*body)) co_return auth_failed(answer);
  co_return std::nullopt;
}

}  // namespace relayna::upstream
