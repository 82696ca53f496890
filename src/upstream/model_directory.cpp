#include "relayna/upstream/model_directory.hpp"

#include "relayna/json/document.hpp"
#include "relayna/telemetry/log.hpp"
#include "relayna/upstream/credential.hpp"
#include "relayna/upstream/dispatcher.hpp"

#include "upstream/forwarded_fields.hpp"

namespace relayna::upstream {

namespace {

constexpr std::chrono::seconds kGoodFor{60};
constexpr std::chrono::seconds kBadFor{5};
constexpr std::chrono::seconds kAskTimeout{5};
constexpr std::size_t kMostBytes = 1 << 20;
constexpr std::size_t kMostModels = 2000;

core::Result<std::vector<dialect::ModelEntry>> read_list(std::string_view body, const std::string& owner) {
  auto document = json::parse(body);
  if (!document) return std::unexpected(document.error());
  const auto data = document->is_object() ? document->find("data") : document->end();
  if (!document->is_object() || data == document->end() || !data->is_array()) {
    return core::fail(core::ErrorCode::upstream_protocol, {}, "model list without a data array");
  }
  std::vector<dialect::ModelEntry> models;
  for (const auto& item : *data) {
    if (!item.is_object() || !item.contains("id") || !item["id"].is_string() || models.size() >= kMostModels)
      continue;
    dialect::ModelEntry entry;
    entry.id = item["id"].get<std::string>();
    entry.owned_by = item.contains("owned_by") && item["owned_by"].is_string()
                         ? item["owned_by"].get<std::string>()
                         : owner;
    entry.created = item.contains("created") && item["created"].is_number_integer()
                        ? item["created"].get<std::int64_t>()
                        : 0;
    models.push_back(std::move(entry));
  }
  return models;
}

/// By id; of several with the same id the first stays, so that a declared model hides a listed one.
std::vector<ListedModel> sorted_unique(std::vector<ListedModel> all) {
  std::map<std::string, ListedModel> by_id;
  for (auto& model : all) by_id.try_emplace(model.entry.id, model);
  std::vector<ListedModel> sorted;
  sorted.reserve(by_id.size());
  for (auto& [id, model] : by_id) sorted.push_back(std::move(model));
  return sorted;
}

}  // namespace

ModelDirectory::ModelDirectory(runtime::Shard& shard, http::Client& client)
    : shard_(shard), client_(client) {}

ModelDirectory::~ModelDirectory() = default;

bool ModelDirectory::lists(domain::ProviderKind kind) noexcept {
  return kind == domain::ProviderKind::litellm || kind == domain::ProviderKind::openai ||
         kind == domain::ProviderKind::anthropic;
}

runtime::Task<core::Result<std::vector<dialect::ModelEntry>>> ModelDirectory::ask(
    const domain::Provider& provider, runtime::StopSource* stop) {
  auto base = net::BaseUrl::parse(provider.base_url);
  if (!base) co_return std::unexpected(base.error());
  const http::Fields no_fields;
  Outbound outbound;
  outbound.client_fields = &no_fields;
  const std::string id = shard_.ids().uuid7().str();
  outbound.request_id = id;
  const ChosenCredential credential{provider.credential.reveal(), "provider"};
  const http::Fields fields = forwarded_fields(outbound, provider, credential);
  const std::string target = join_target(base->path, "/v1/models", {});
  http::ClientRequest request;
  request.method = "GET";
  request.target = target;
  request.fields = &fields;
  http::ClientTimeouts timeouts;
  timeouts.total = core::Deadline::in(shard_.clock(), kAskTimeout);
  auto response = co_await client_.send(std::move(base->origin), request, timeouts, stop);
  if (!response) co_return std::unexpected(response.error());
  std::string body;
  for (bool ended = false; !ended;) {
    auto chunk = co_await response->body->next();
    if (!chunk) co_return std::unexpected(chunk.error());
    ended = chunk->end;
    body.append(chunk->bytes);
    if (body.size() > kMostBytes)
      co_return core::fail(core::ErrorCode::upstream_protocol, {}, "model list over 1 MiB");
  }
  if (response->head.status == 401 || response->head.status == 403) {
    co_return core::fail(core::ErrorCode::upstream_auth_failed, {},
                         "model list answered " + std::to_string(response->head.status));
  }
  if (response->head.status != 200) {
    co_return core::fail(core::ErrorCode::upstream_protocol, {},
                         "model list answered " + std::to_string(response->head.status));
  }
  co_return read_list(body, provider.name);
}

runtime::Task<std::vector<ListedModel>> ModelDirectory::list(catalog::SnapshotPtr snapshot,
                                                             runtime::StopSource* stop) {
  std::vector<ListedModel> all;
  for (const auto& model : snapshot->models) {
    const auto* provider = snapshot->provider(model.provider);
    if (provider == nullptr) continue;
    const auto created =
        std::chrono::duration_cast<std::chrono::seconds>(model.created_at.time_since_epoch()).count();
    all.push_back({{model.name, model.provider, created}, provider});
  }
  for (const auto& provider : snapshot->providers) {
    if (provider.kind == domain::ProviderKind::echo) all.push_back({{"echo", "relayna", 0}, &provider});
    if (!lists(provider.kind)) continue;
    auto& cached = cache_[provider.name];
    const auto now = shard_.clock().now();
    if (now >= cached.good_until || cached.revision != snapshot->revision) {
      auto models = co_await ask(provider, stop);
      auto& fresh = cache_[provider.name];
      fresh.revision = snapshot->revision;
      fresh.good_until = shard_.clock().now() + (models ? core::Duration(kGoodFor) : core::Duration(kBadFor));
      if (models) {
        fresh.models = std::move(*models);
      } else {
        telemetry::log("upstream")
            ->warn("models of {} not listed: {}", provider.name, models.error().describe());
      }
    }
    for (const auto& entry : cache_[provider.name].models) all.push_back({entry, &provider});
  }
  co_return sorted_unique(std::move(all));
}

}  // namespace relayna::upstream
