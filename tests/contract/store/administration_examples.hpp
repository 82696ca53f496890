#pragma once

#include "administration_samples.hpp"
#include "backend.hpp"

// One example of each kind of row, its changed form, and the rows it refers to; the ground tests stand on.

namespace relayna::test {

/// Rows that others refer to.
struct World {
  domain::Team team = sample_team("a team of the world");
  domain::Project project = sample_project("a project of the world");
  domain::VirtualKey key = sample_key("a key of the world");
  store::ProviderRow provider = sample_provider("a provider of the world");
  domain::Operator admin = sample_operator("an operator of the world");
  domain::AlertWebhook webhook = sample_webhook("a webhook of the world");

  core::Result<void> insert(store::Unit& unit) const {
    if (auto done = unit.of<domain::Team>().insert(team); !done) return done;
    if (auto done = unit.of<domain::Project>().insert(project); !done) return done;
    if (auto done = unit.of<domain::VirtualKey>().insert(key); !done) return done;
    if (auto done = unit.of<store::ProviderRow>().insert(provider); !done) return done;
    if (auto done = unit.of<domain::Operator>().insert(admin); !done) return done;
    return unit.of<domain::AlertWebhook>().insert(webhook);
  }
};

/// `make`: a row that is in no other's way; `change`: every field that may change has another value.
template <class R>
struct Example;

template <>
struct Example<domain::Team> {
  static domain::Team make(const World&) { return sample_team("team"); }
  static void change(domain::Team& row) {
    row.name = "renamed";
    row.managed_by.clear();
    row.disabled = false;
    row.updated_at = at(50);
  }
  static std::string key(const domain::Team& row) { return row.id; }
};
template <>
struct Example<domain::Project> {
  static domain::Project make(const World& world) { return sample_project("project", world.team.id); }
  static void change(domain::Project& row) {
    row.name = "renamed";
    row.team_id.clear();
    row.disabled = false;
    row.updated_at = at(50);
  }
  static std::string key(const domain::Project& row) { return row.id; }
};
template <>
struct Example<domain::VirtualKey> {
  static domain::VirtualKey make(const World& world) {
    auto key = sample_key("key");
    key.project_id = world.project.id;
    return key;
  }
  static void change(domain::VirtualKey& row) {
    row.previous_hash = row.hash;
    row.hash = digest_of("another");
    row.project_id.clear();
    row.expires_at.reset();
    row.policy = {};
    row.updated_at = at(50);
  }
  static std::string key(const domain::VirtualKey& row) { return row.id; }
};
template <>
struct Example<domain::PolicyLayer> {
  static domain::PolicyLayer make(const World& world) {
    return sample_layer(domain::LayerKind::project, world.project.id);
  }
  static void change(domain::PolicyLayer& row) {
    row.kind = domain::LayerKind::model;
    row.scope_id = "gpt-*";
    row.policy = {};
    row.updated_at = at(50);
  }
  static std::string key(const domain::PolicyLayer& row) { return row.id; }
};
template <>
struct Example<store::ProviderRow> {
  static store::ProviderRow make(const World&) { return sample_provider("provider"); }
  static void change(store::ProviderRow& row) {
    row.provider.name = "renamed";
    row.provider.kind = domain::ProviderKind::openai;
    row.provider.header = {};
    row.sealed_credential.clear();
    row.provider.updated_at = at(50);
  }
  static std::string key(const store::ProviderRow& row) { return row.provider.id; }
};
template <>
struct Example<store::ProviderCredentialRow> {
  static store::ProviderCredentialRow make(const World& world) {
    return sample_credential(world.provider.provider.id, "second");
  }
  static void change(store::ProviderCredentialRow& row) {
    row.credential.name = "third";
    row.credential.enabled = true;
    row.credential.requests_per_minute.reset();
    row.credential.max_concurrent_requests.reset();
    row.credential.weight = 1;
    row.sealed_credential = "v1:other";
    row.credential.updated_at = at(50);
  }
  static std::string key(const store::ProviderCredentialRow& row) { return row.credential.id; }
};
template <>
struct Example<store::CredentialMappingRow> {
  static store::CredentialMappingRow make(const World& world) {
    return sample_mapping(domain::CredentialMapping::Scope::key, world.key.id);
  }
  static void change(store::CredentialMappingRow& row) {
    row.mapping.enabled = true;
    row.sealed_credential = "v1:other";
  }
  static std::string key(const store::CredentialMappingRow& row) { return row.mapping.id; }
};
template <>
struct Example<domain::Model> {
  static domain::Model make(const World&) { return sample_model("provider/modèle \"x\""); }
  static void change(domain::Model& row) {
    row.provider = "litellm";
    row.targets.clear();
    row.enabled = true;
    row.updated_at = at(50);
  }
  static std::string key(const domain::Model& row) { return row.name; }
};
template <>
struct Example<domain::RouteSettings> {
  static domain::RouteSettings make(const World&) {
    return {.route = domain::Route::count_tokens,
            .enabled = false,
            .timeout_ms = 1,
            .max_request_body_bytes = 2,
            .max_response_body_bytes = 3,
            .drain_on_disconnect = true,
            .request_cost = core::Money::nanos(40'000'000)};
  }
  static void change(domain::RouteSettings& row) {
    row.enabled = true;
    row.timeout_ms.reset();
  }
  static std::string key(const domain::RouteSettings& row) {
    return std::string(domain::route_id(row.route));
  }
};
template <>
struct Example<domain::Limit> {
  static domain::Limit make(const World& world) {
    return sample_limit("limit", domain::LimitScope::team, world.team.id);
  }
  static void change(domain::Limit& row) {
    row.scope = domain::LimitScope::global;
    row.target.clear();
    row.limits.most.back() = domain::kUnlimited;
    row.updated_at = at(50);
  }
  static std::string key(const domain::Limit& row) { return row.id; }
};
template <>
struct Example<domain::PriceOverride> {
  static domain::PriceOverride make(const World&) { return sample_price("openai", "gpt-4o*"); }
  static void change(domain::PriceOverride& row) {
    row.price.effective_from.reset();
    row.price.long_context.reset();
    row.enabled = true;
    row.updated_at = at(50);
  }
  static std::string key(const domain::PriceOverride& row) { return row.id; }
};
template <>
struct Example<domain::Operator> {
  static domain::Operator make(const World&) { return sample_operator("operator"); }
  static void change(domain::Operator& row) {
    row.scopes.clear();
    row.email.clear();
    row.password_hash.clear();
    row.previous_hash.reset();
    row.previous_valid_until.reset();
    row.revoked_at = at(49, 7);
    row.bootstrap = row.disabled = row.password_expired = false;
    row.updated_at = at(50);
  }
  static std::string key(const domain::Operator& row) { return row.id; }
};
template <>
struct Example<domain::Session> {
  static domain::Session make(const World& world) { return sample_session(world.admin.id); }
  static void change(domain::Session& row) {
    row.ip = "192.0.2.2";
    row.last_seen_at = at(49, 7);
    row.expires_at = at(50);
  }
  static std::string key(const domain::Session& row) { return row.id; }
};
template <>
struct Example<domain::Setting> {
  static domain::Setting make(const World&) {
    return {.name = "retention",
            .value = R"({"z": 1,  "a": "⚙"})",
            .sealed_secret = "v1:c2V0dGluZw",
            .updated_at = at(30, 1)};
  }
  static void change(domain::Setting& row) {
    row.value = "{}";
    row.sealed_secret.clear();
    row.updated_at = at(50);
  }
  static std::string key(const domain::Setting& row) { return row.name; }
};
template <>
struct Example<domain::AlertWebhook> {
  static domain::AlertWebhook make(const World&) { return sample_webhook("webhook"); }
  static void change(domain::AlertWebhook& row) {
    row.name = "renamed";
    row.url = "http://hooks.example.test";
    row.events.clear();
    row.enabled = true;
    row.updated_at = at(50);
  }
  static std::string key(const domain::AlertWebhook& row) { return row.id; }
};
template <>
struct Example<domain::AlertDelivery> {
  static domain::AlertDelivery make(const World& world) {
    return sample_delivery(world.webhook.id, "occasion");
  }
  static void change(domain::AlertDelivery& row) {
    row.attempts = 4;
    row.next_attempt_at.reset();
    row.delivered_at.reset();
    row.last_error.clear();
  }
  static std::string key(const domain::AlertDelivery& row) { return row.id; }
};

/// Tests of what operators administer.
class AdministrationContract : public StoreContract {
 protected:
  store::Administration& admin() { return store().administration(); }
  core::Result<void> change(const std::function<core::Result<void>(store::Unit&)>& work) {
    return admin().change(work);
  }
  template <class R>
  core::Result<void> insert(const R& row) {
    return change([&](store::Unit& unit) { return unit.of<R>().insert(row); });
  }
  template <class R>
  core::Result<void> update(const R& row) {
    return change([&](store::Unit& unit) { return unit.of<R>().update(row); });
  }
  template <class R>
  core::Result<void> remove(const std::string& id) {
    return change([&](store::Unit& unit) { return unit.of<R>().remove(id); });
  }
  template <class R>
  void insert_all(const std::vector<R>& rows) {
    ASSERT_OK(change([&](store::Unit& unit) -> core::Result<void> {
      for (const R& row : rows) {
        if (auto done = unit.of<R>().insert(row); !done) return done;
      }
      return {};
    }));
  }
  /// As the next unit finds it.
  template <class R>
  std::optional<R> find(const std::string& id) {
    std::optional<R> found;
    const auto done = change([&](store::Unit& unit) -> core::Result<void> {
      auto row = unit.of<R>().find(id);
      if (!row) return std::unexpected(row.error());
      found = std::move(*row);
      return {};
    });
    EXPECT_TRUE(done) << done.error().describe();
    return found;
  }
  template <class R>
  std::optional<R> get(const std::string& id) {
    auto row = admin().of<R>().get(id);
    EXPECT_TRUE(row) << row.error().describe();
    return row ? std::move(*row) : std::nullopt;
  }
  template <class R>
  std::vector<R> list(const store::ListQuery& query = {}) {
    auto page = admin().of<R>().list(query);
    EXPECT_TRUE(page) << page.error().describe();
    return page ? std::move(page->rows) : std::vector<R>{};
  }
};

}  // namespace relayna::test
