#include "relayna/upstream/dispatcher.hpp"

#include "control/api/changes.hpp"
#include "control/api/resource.hpp"
#include "control/resources/resources.hpp"
#include "control/studio/catalogue.hpp"
#include "control/studio/connection.hpp"

namespace relayna::control {

namespace {

constexpr std::chrono::seconds kPatience{8};
constexpr std::size_t kMostBytes = 4 * 1024 * 1024;
constexpr const char* kSetting = "studio_connection";

using AsyncAnswer = runtime::Task<core::Result<http::Response>>;

core::Error unavailable(std::string message, std::string detail = {}) {
  return core::Error(core::ErrorCode::studio_unavailable, std::move(message), std::move(detail));
}

core::Result<StudioConnection> in_force(const Resources& with) {
  auto saved = with.store.administration().of<domain::Setting>().get(kSetting);
  if (!saved) return std::unexpected(std::move(saved.error()));
  return studio_connection(with, *saved);
}

core::Result<Answer> answer_with(const Resources& with, const core::Result<StudioConnection>& connection) {
  if (!connection) return std::unexpected(connection.error());
  Answer answer;
  answer.body = show(with, *connection);
  answer.headers.emplace_back("ETag", etag_of(answer.body));
  return answer;
}

core::Result<void> store_setting(store::Unit& unit, const std::optional<domain::Setting>& before,
                                 const std::optional<domain::Setting>& after) {
  auto& settings = unit.of<domain::Setting>();
  if (after) return before ? settings.update(*after) : settings.insert(*after);
  return before ? settings.remove(kSetting) : core::Result<void>();
}

core::Result<Answer> patch_connection(const Resources& with, Call& call) {
  return change(with.store.administration(), call,
                [&](store::Unit& unit, Note& note) -> core::Result<Answer> {
                  auto saved = unit.of<domain::Setting>().find(kSetting);
                  if (!saved) return std::unexpected(std::move(saved.error()));
                  const auto before = studio_connection(with, *saved);
                  if (before) {
                    if (auto may = check_if_match(call, etag_of(show(with, *before))); !may)
                      return std::unexpected(std::move(may.error()));
                  }
                  auto merged = merge_studio_connection(with, call, *saved);
                  if (!merged) return std::unexpected(std::move(merged.error()));
                  if (auto stored = store_setting(unit, *saved, *merged); !stored)
                    return std::unexpected(std::move(stored.error()));
                  const auto after = studio_connection(with, *merged);
                  if (!after) return std::unexpected(after.error());
                  // A connection whose token does not open any more can be replaced; there is nothing to show
                  // of it then.
                  note = {"studio.update", "studio", "connection",
                          before ? show(with, *before) : json::Document(), show(with, *after)};
                  return answer_with(with, after);
                });
}

/// A body of at most kMostBytes.
runtime::Task<core::Result<std::string>> read_whole(http::BodySource& body) {
  std::string all;
  while (true) {
    auto chunk = co_await body.next();
    if (!chunk) co_return std::unexpected(std::move(chunk.error()));
    all.append(chunk->bytes);
    if (all.size() > kMostBytes)
      co_return std::unexpected(unavailable("Relayna Studio's answer is over 4 MiB."));
    if (chunk->end) co_return all;
  }
}

runtime::Task<core::Result<StudioCatalogue>> fetch(const Resources* with, StudioConnection connection,
                                                   runtime::StopSource* stop) {
  auto base = net::BaseUrl::parse(connection.base_url);
  if (!base) co_return std::unexpected(unavailable(std::string(base.error().public_message())));
  http::Fields fields;
  fields.add("Accept", "application/json");
  fields.add("Accept-Encoding", "identity");
  if (!connection.token.empty())
    fields.add("Authorization", "Bearer " + std::string(connection.token.reveal()));
  const std::string target = upstream::join_target(base->path, "/studio/gateway/services", {});
  http::ClientRequest request;
  request.method = "GET";
  request.target = target;
  request.fields = &fields;
  http::ClientTimeouts timeouts;
  timeouts.total = core::Deadline::in(with->network.shard.clock(), kPatience);
  auto response = co_await with->network.client.send(std::move(base->origin), request, timeouts, stop);
  if (!response) {
    co_return std::unexpected(
        unavailable("Relayna Studio could not be reached: " + std::string(response.error().public_message()),
                    response.error().describe()));
  }
  const int status = response->head.status;
  if (status < 200 || status > 299) {
    co_return std::unexpected(unavailable(
        "Relayna Studio answered " + std::to_string(status) +
        (status >= 300 && status < 400 ? "; redirects are not followed, save the URL it leads to." : ".")));
  }
  auto body = co_await read_whole(*response->body);
  if (!body && body.error().code == core::ErrorCode::studio_unavailable)
    co_return std::unexpected(body.error());
  if (!body)
    co_return std::unexpected(unavailable("Relayna Studio's answer broke off.", body.error().describe()));
  co_return co_await runtime::offload(with->network.pool,
                                      [text = std::move(*body)] { return read_studio_catalogue(text); });
}

runtime::Task<core::Result<StudioCatalogue>> fetch_configured(const Resources* with,
                                                              runtime::StopSource* stop) {
  auto connection = co_await runtime::offload(with->network.pool, [with] { return in_force(*with); });
  if (!connection) co_return std::unexpected(std::move(connection.error()));
  if (connection->base_url.empty()) co_return core::fail(core::ErrorCode::studio_not_configured);
  co_return co_await fetch(with, std::move(*connection), stop);
}

AsyncAnswer test_connection(const Resources* with, std::shared_ptr<Call> call, runtime::StopSource* stop) {
  const auto catalogue = co_await fetch_configured(with, stop);
  if (!catalogue) co_return std::unexpected(catalogue.error());
  co_return json_answer(200,
                        {{"ok", true},
                         {"service_count", catalogue->services.size()},
                         {"invalid_count", catalogue->invalid.size()}},
                        call->request_id);
}

AsyncAnswer list_services(const Resources* with, std::shared_ptr<Call> call, runtime::StopSource* stop) {
  const auto catalogue = co_await fetch_configured(with, stop);
  if (!catalogue) co_return std::unexpected(catalogue.error());
  co_return json_answer(200, {{"data", catalogue->services}, {"invalid", catalogue->invalid}},
                        call->request_id);
}

Operation operation(std::string method, std::string path, std::string id, std::string scope,
                    std::string summary, json::Document response) {
  Operation made;
  made.method = std::move(method);
  made.path = std::move(path);
  made.id = std::move(id);
  made.tag = "Studio";
  made.scope = std::move(scope);
  made.summary = std::move(summary);
  made.response = std::move(response);
  return made;
}

json::Document patch_schema() {
  return {{"type", "object"},
          {"additionalProperties", false},
          {"properties",
           {{"base_url", {{"type", {"string", "null"}}, {"format", "uri"}}},
            {"token", {{"type", {"string", "null"}}, {"writeOnly", true}}}}}};
}

}  // namespace

void add_studio(Api& api, const Resources& with) {
  const auto* use = &with;
  api.add_schema("StudioConnection", studio_connection_schema());
  api.add_schema("StudioService", studio_service_schema());
  auto got = operation("GET", "/admin/studio/connection", "studio.get", "studio:read",
                       "How Relayna Studio is reached", reference("StudioConnection"));
  got.run = Operation::Blocking([use](Call&) { return answer_with(*use, in_force(*use)); });
  api.add(std::move(got));

  auto patched = operation("PATCH", "/admin/studio/connection", "studio.update", "studio:write",
                           "Save how Relayna Studio is reached", reference("StudioConnection"));
  patched.about =
      "What is saved goes before the environment. Clearing `base_url` returns to it and forgets the token.";
  patched.request = patch_schema();
  patched.errors = {core::ErrorCode::precondition_failed};
  patched.run = Operation::Blocking([use](Call& call) { return patch_connection(*use, call); });
  api.add(std::move(patched));

  const std::vector<core::ErrorCode> errors{core::ErrorCode::studio_not_configured,
                                            core::ErrorCode::studio_unavailable};
  const json::Document count = {{"type", "integer"}};
  auto tested = operation(
      "POST", "/admin/studio/connection/test", "studio.test", "studio:read",
      "Try the connection to Relayna Studio",
      object_schema({{"ok", {{"type", "boolean"}}}, {"service_count", count}, {"invalid_count", count}}));
  tested.errors = errors;
  tested.run = Operation::Async([use](std::shared_ptr<Call> call, runtime::StopSource* stop) {
    return test_connection(use, std::move(call), stop);
  });
  api.add(std::move(tested));

  auto listed = operation("GET", "/admin/studio/services", "studio.services", "studio:read",
                          "What Relayna Studio offers for import",
                          object_schema({{"data", array_of(reference("StudioService"))},
                                         {"invalid", array_of(invalid_studio_service_schema())}}));
  listed.errors = errors;
  listed.run = Operation::Async([use](std::shared_ptr<Call> call, runtime::StopSource* stop) {
    return list_services(use, std::move(call), stop);
  });
  api.add(std::move(listed));
}

}  // namespace relayna::control
