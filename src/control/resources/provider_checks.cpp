#include "relayna/upstream/connection_check.hpp"

#include "control/api/resource.hpp"
#include "control/resources/providers.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

namespace {

using AsyncAnswer = runtime::Task<core::Result<http::Response>>;
using LoadedProvider = core::Result<domain::Provider>;

json::Document boolean_or_null(const char* about) {
  return {{"type", {"boolean", "null"}}, {"description", about}};
}

json::Document report_schema() {
  const json::Document names = {"address", "connection", "models", "credential"};
  return object_schema({{"ok", boolean_or_null("null: nothing failed, but not everything was tried.")},
                        {"steps", array_of(object_schema({{"name", {{"type", "string"}, {"enum", names}}},
                                                          {"ok", boolean_or_null("null: not tried.")},
                                                          {"message", {{"type", "string"}}},
                                                          {"took_ms", {{"type", "number"}}}}))}});
}

json::Document told(std::optional<bool> ok) {
  return ok ? json::Document(*ok) : json::Document();
}

/// The first step that fails is the last, and what is not tried comes last, so the last one says it.
json::Document report(const std::vector<upstream::CheckStep>& steps) {
  json::Document shown = json::Document::array();
  for (const auto& step : steps) {
    const std::chrono::duration<double, std::milli> took = step.took;
    shown.push_back(
        {{"name", step.name}, {"ok", told(step.ok)}, {"message", step.message}, {"took_ms", took.count()}});
  }
  return {{"ok", told(steps.back().ok)}, {"steps", std::move(shown)}};
}

/// The provider an unsaved body describes.
LoadedProvider read_provider(const Resources& with, Call& call) {
  store::ProviderRow row;
  provider_shape().create(call.body, row, call.problems);
  check_address(with, row.provider.base_url, "base_url", call.problems);
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  row.provider.id = Call::new_id();
  return std::move(row.provider);
}

AsyncAnswer test_provider(const Resources* with, LoadedProvider provider, std::string request_id,
                          runtime::StopSource* stop) {
  if (!provider) co_return std::unexpected(std::move(provider.error()));
  auto& network = with->network;
  upstream::ModelDirectory models(network.shard, network.client);
  const auto steps = co_await upstream::check_connection(network.shard, network.connector, models,
                                                         std::move(*provider), stop);
  co_return json_answer(200, report(steps), request_id);
}

AsyncAnswer test_saved(const Resources* with, std::shared_ptr<Call> call, runtime::StopSource* stop) {
  auto provider = co_await runtime::offload(with->network.pool,
                                            [with, call] { return load_provider(*with, call->at("id")); });
  co_return co_await test_provider(with, std::move(provider), call->request_id, stop);
}

AsyncAnswer test_unsaved(const Resources* with, std::shared_ptr<Call> call, runtime::StopSource* stop) {
  co_return co_await test_provider(with, read_provider(*with, *call), call->request_id, stop);
}

AsyncAnswer list_models(const Resources* with, std::shared_ptr<Call> call, runtime::StopSource* stop) {
  auto provider = co_await runtime::offload(with->network.pool,
                                            [with, call] { return load_provider(*with, call->at("id")); });
  if (!provider) co_return std::unexpected(std::move(provider.error()));
  if (!upstream::ModelDirectory::lists(provider->kind)) {
    co_return core::fail(core::ErrorCode::conflict, "Providers of this kind do not list their models.");
  }
  upstream::ModelDirectory directory(with->network.shard, with->network.client);
  const auto listed = co_await directory.ask(*provider, stop);
  if (!listed) co_return std::unexpected(listed.error());
  json::Document data = json::Document::array();
  for (const auto& model : *listed) data.push_back({{"id", model.id}, {"owned_by", model.owned_by}});
  co_return json_answer(200, {{"data", std::move(data)}}, call->request_id);
}

Operation operation(const Resources* with, std::string method, std::string path, std::string id,
                    std::string summary,
                    AsyncAnswer (*run)(const Resources*, std::shared_ptr<Call>, runtime::StopSource*)) {
  Operation made;
  made.method = std::move(method);
  made.path = std::move(path);
  made.id = std::move(id);
  made.tag = "Providers";
  made.summary = std::move(summary);
  made.response = report_schema();
  made.run = Operation::Async([with, run](std::shared_ptr<Call> call, runtime::StopSource* stop) {
    return run(with, std::move(call), stop);
  });
  return made;
}

}  // namespace

void add_provider_checks(Api& api, const Resources& with) {
  auto saved = operation(&with, "POST", "/admin/providers/{id}/test", "providers.test",
                         "Try the connection of a provider", test_saved);
  saved.scope = "providers:write";  // it sends the credential to whatever the base URL names
  saved.errors = {core::ErrorCode::not_found};
  api.add(std::move(saved));

  auto unsaved = operation(&with, "POST", "/admin/providers/test", "providers.try",
                           "Try the connection of a provider before it is saved", test_unsaved);
  unsaved.scope = "providers:write";
  unsaved.request = reference("ProviderCreate");
  api.add(std::move(unsaved));

  auto models = operation(&with, "GET", "/admin/providers/{id}/models", "providers.models",
                          "List what a provider offers", list_models);
  models.scope = "providers:read";
  models.response = object_schema({{"data", array_of(object_schema({{"id", {{"type", "string"}}},
                                                                    {"owned_by", {{"type", "string"}}}}))}});
  models.errors = {core::ErrorCode::not_found, core::ErrorCode::conflict,
                   core::ErrorCode::upstream_connection, core::ErrorCode::upstream_timeout,
                   core::ErrorCode::upstream_auth_failed};
  api.add(std::move(models));
}

}  // namespace relayna::control
