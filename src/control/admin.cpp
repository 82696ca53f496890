#include "relayna/control/admin.hpp"

#include <algorithm>

#include "control/api/api.hpp"
#include "control/api/openapi.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

namespace {

Authenticate by_token(store::Store& store, const identity::Keyring& keyring) {
  return [&store, &keyring](const Credentials& given) -> core::Result<Caller> {
    if (given.authorization.empty()) return core::fail(core::ErrorCode::missing_authorization);
    if (!given.authorization.starts_with("Bearer op_live_"))
      return core::fail(core::ErrorCode::malformed_authorization);
    auto found = store.administration().find_operator(keyring.hash(given.authorization.substr(7)));
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found) return core::fail(core::ErrorCode::invalid_operator_token);
    if ((*found)->disabled || (*found)->revoked_at)
      return core::fail(core::ErrorCode::disabled_operator_token);
    return Caller{(*found)->id, (*found)->name, (*found)->scopes, {}};
  };
}

bool holds(const std::vector<std::string>& scopes, std::string_view needed) {
  return std::ranges::any_of(scopes,
                             [&](const std::string& scope) { return scope == "*" || scope == needed; });
}

}  // namespace

struct Admin::State {
  explicit State(const Parts& parts)
      : parts(parts),
        resources{parts.store, parts.keyring},
        api({parts.shard, parts.pool, parts.metrics, by_token(parts.store, parts.keyring), holds}) {}
  Parts parts;
  Resources resources;
  Api api;
};

Admin::Admin(Parts parts) : state_(std::make_unique<State>(parts)) {
  auto& api = state_->api;
  const auto& with = state_->resources;
  add_keys(api, with);
  add_projects(api, with);
  add_teams(api, with);

  Operation document;
  document.method = "GET";
  document.path = "/admin/openapi.json";
  document.open = true;
  document.id = "openapi";
  document.summary = "This document";
  document.tag = "About";
  document.response = {{"type", "object"}};
  auto* state = state_.get();
  document.run = Operation::Blocking([state](Call&) -> core::Result<Answer> {
    Answer answer;
    answer.body = openapi_document(state->api, state->parts.about.version);
    return answer;
  });
  api.add(std::move(document));
}

Admin::~Admin() = default;

runtime::Task<http::Response> Admin::handle(http::Request request, std::string path, std::string query) {
  return state_->api.handle(std::move(request), std::move(path), std::move(query));
}

std::string Admin::openapi() const {
  return openapi_document(state_->api, state_->parts.about.version).dump(1);
}

}  // namespace relayna::control
