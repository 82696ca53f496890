#include "relayna/control/admin.hpp"

#include "control/alerts/alerts.hpp"
#include "control/alerts/watch.hpp"
#include "control/api/api.hpp"
#include "control/api/openapi.hpp"
#include "control/base_path.hpp"
#include "control/limits/limits.hpp"
#include "control/live/health.hpp"
#include "control/live/live.hpp"
#include "control/live/playground.hpp"
#include "control/resources/resources.hpp"
#include "control/simulator/simulator.hpp"
#include "control/usage/usage.hpp"

namespace relayna::control {

namespace {

identity::SessionSettings session_settings(const Admin::Parts& parts) {
  identity::SessionSettings settings;
  const auto prefix = prefix_of(parts.base_path);
  settings.path = prefix.empty() ? "/" : prefix;
  settings.secure = parts.tls;
  return settings;
}

std::shared_ptr<Resources::LogLevel> log_level(const Admin::Parts& parts) {
  auto level = std::make_shared<Resources::LogLevel>();
  level->filter = parts.log_level;
  return level;
}

Caller caller_of(identity::Identified who) {
  return {std::move(who.operator_id), std::move(who.name), std::move(who.scopes),   std::move(who.session_id),
          std::move(who.csrf),        who.session_ends_at, who.must_change_password};
}

/// With the prefix its paths are below, when there is one.
json::Document document_of(const Api& api, const Admin::Parts& parts) {
  auto document = openapi_document(api, parts.about.version);
  const auto prefix = prefix_of(parts.base_path);
  if (!prefix.empty()) document["servers"] = json::Document::array({{{"url", prefix}}});
  return document;
}

Authenticate recognise(identity::OperatorAuthenticator& operators) {
  return [&operators](const http::Fields& fields, const Call& call) -> core::Result<Caller> {
    using Purpose = identity::OperatorAuthenticator::Purpose;
    const auto purpose = call.operation->own_session ? Purpose::own_session : Purpose::everything;
    auto who = operators.identify(fields, call.operation->method, call.address, purpose);
    if (!who) return std::unexpected(std::move(who.error()));
    return caller_of(std::move(*who));
  };
}

Recall recall(const identity::OperatorAuthenticator& operators) {
  return [&operators](const http::Fields& fields) -> std::optional<Caller> {
    auto who = operators.recall(fields);
    if (!who) return std::nullopt;
    return caller_of(std::move(*who));
  };
}

}  // namespace

struct Admin::State {
  explicit State(const Parts& parts)
      : parts(parts),
        operators(parts.store.administration(), parts.keyring, parts.shard.clock(), session_settings(parts)),
        resources{parts, operators, session_settings(parts), log_level(parts)},
        playground(parts.shard, parts.pipeline),
        sender(parts),
        watch(parts, sender),
        api({parts.shard, parts.pool, parts.metrics, recognise(operators), recall(operators),
             [&health = parts.health] { return health.check_ok("database"); }}) {}
  Parts parts;
  identity::OperatorAuthenticator operators;
  Resources resources;
  Playground playground;
  AlertSender sender;
  AlertWatch watch;
  Api api;
};

Admin::Admin(Parts parts) : state_(std::make_unique<State>(parts)) {
  auto& api = state_->api;
  const auto& with = state_->resources;
  add_alert_deliveries(api, with, state_->sender);
  add_alert_settings(api, with);
  add_alert_webhooks(api, with, state_->sender);
  add_health(api, state_->parts);
  add_sign_in(api, with);
  add_operators(api, with);
  add_sessions(api, with);
  add_data_key(api, with);
  add_keys(api, with);
  add_key_limits(api, with);
  add_limits(api, with);
  add_limit_use(api, with);
  add_log_level(api, with);
  add_models(api, with);
  add_policy_layers(api, with);
  add_prices(api, with);
  add_projects(api, with);
  add_routes(api, with);
  add_providers(api, with);
  add_provider_credentials(api, with);
  add_litellm_credentials(api, with);
  add_provider_checks(api, with);
  add_settings(api, with);
  add_studio(api, with);
  add_teams(api, with);
  add_simulator(api, with);
  add_usage(api, with);
  const Live live{parts.shard,    parts.store,  parts.metrics,
                  parts.finished, parts.health, {parts.about.replica, parts.about.host, parts.about.version}};
  add_requests(api, live);
  add_debug_bundles(api, live);
  add_playground(api, parts.store, parts.shard, parts.pool, state_->playground);
  add_audit_events(api, with);  // last: it knows the operations that are recorded

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
    answer.body = document_of(state->api, state->parts);
    return answer;
  });
  api.add(std::move(document));
}

Admin::~Admin() = default;

runtime::Task<http::Response> Admin::handle(http::Request request, std::string path, std::string query) {
  return state_->api.handle(std::move(request), std::move(path), std::move(query));
}

runtime::Task<void> Admin::run(runtime::StopSource* stop) {
  runtime::TaskGroup tasks(state_->parts.shard.executor());
  tasks.spawn(state_->watch.run(stop));
  tasks.spawn(state_->sender.run(stop));
  co_await tasks.wait_empty();
}

void Admin::changed(std::string_view kind) {
  state_->watch.changed(kind);
}

runtime::Task<void> Admin::drain() {
  return state_->playground.drain();
}

std::string Admin::openapi() const {
  return document_of(state_->api, state_->parts).dump(1);
}

}  // namespace relayna::control
