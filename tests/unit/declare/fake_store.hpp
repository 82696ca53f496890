#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "relayna/store/store.hpp"

namespace relayna::declare {

/// A store in memory with the promises that matter here: unique names, unique secrets, rows that exist keep
/// id and created_at. Counts writes. `fail_after` makes the n-th write from now fail.
class FakeStore final : public store::Store, public store::KeyRepository, public store::CatalogRepository {
 public:
  int writes = 0;
  std::optional<int> fail_after;
  store::CatalogRows rows;
  std::vector<domain::VirtualKey> all_keys;
  std::map<std::string, std::string>& records() { return secrets_.records; }

  store::KeyRepository& keys() override { return *this; }
  store::CatalogRepository& catalog() override { return *this; }
  store::SecretsRepository& secrets() override { return secrets_; }
  store::UsageRepository& usage() override { std::abort(); }
  store::Administration& administration() override { std::abort(); }
  store::AnalyticsRepository& analytics() override { std::abort(); }
  store::ReplicaRepository& replicas() override { std::abort(); }
  store::Migrations& migrations() override { std::abort(); }
  core::Result<void> ping() override { return {}; }
  std::unique_ptr<store::ChangeFeed> watch(std::function<void(const store::Change&)>) override {
    return nullptr;
  }
  std::string describe() const override { return "fake"; }

  // Keys
  core::Result<std::optional<domain::VirtualKey>> find_by_hash(const core::Digest& hash) override {
    for (const auto& key : all_keys) {
      if (key.hash == hash) return key;
    }
    return std::nullopt;
  }
  core::Result<domain::VirtualKey> get(const std::string& id) override {
    for (const auto& key : all_keys) {
      if (key.id == id) return key;
    }
    return core::fail(core::ErrorCode::not_found);
  }
  core::Result<std::optional<domain::VirtualKey>> find_by_name(const std::string& name) override {
    for (const auto& key : all_keys) {
      if (key.name == name && !key.revoked_at) return key;
    }
    return std::nullopt;
  }
  core::Result<std::vector<domain::VirtualKey>> list() override { return all_keys; }
  core::Result<void> create(const domain::VirtualKey& key, const store::Actor& actor) override {
    if (before_create) std::exchange(before_create, nullptr)();
    if (auto done = write(actor); !done) return done;
    for (const auto& other : all_keys) {
      if (other.hash == key.hash || (other.name == key.name && !other.revoked_at)) {
        return core::fail(core::ErrorCode::conflict, "taken");
      }
    }
    all_keys.push_back(key);
    return {};
  }
  core::Result<void> update(const domain::VirtualKey& key, const store::Actor& actor) override {
    if (auto done = write(actor); !done) return done;
    for (auto& stored : all_keys) {
      if (stored.id != key.id) continue;
      const auto created = stored.created_at;
      stored = key;
      stored.created_at = created;
      return {};
    }
    return core::fail(core::ErrorCode::not_found);
  }
  core::Result<void> revoke(const std::string& id, core::SystemTime at, const store::Actor&) override {
    for (auto& key : all_keys) {
      if (key.id == id) key.revoked_at = at;
    }
    return {};
  }
  core::Result<void> touch(std::span<const std::pair<std::string, core::SystemTime>>) override { return {}; }
  std::function<void()> before_create;  ///< what another replica does just before a key is created

  // Catalog
  core::Result<store::CatalogRows> load() override { return rows; }
  core::Result<std::int64_t> revision() override { return rows.revision; }
  core::Result<void> upsert_provider(const store::ProviderRow& row, const store::Actor& actor) override {
    if (!row.provider.credential.empty()) std::abort();  // plaintext must not reach the store
    return upsert(
        rows.providers, row, actor, [&](const auto& r) { return r.provider.name == row.provider.name; },
        [](auto& to, const auto& from) {
          to.provider.id = from.provider.id;
          to.provider.created_at = from.provider.created_at;
        });
  }
  core::Result<void> upsert_mapping(const store::CredentialMappingRow&, const store::Actor&) override {
    std::abort();
  }
  core::Result<void> upsert_model(const domain::Model& model, const store::Actor& actor) override {
    return upsert(
        rows.models, model, actor, [&](const auto& r) { return r.name == model.name; },
        [](auto&, const auto&) {});
  }
  core::Result<void> upsert_project(const domain::Project& project, const store::Actor& actor) override {
    return upsert(
        rows.projects, project, actor, [&](const auto& r) { return r.name == project.name; },
        [](auto& to, const auto& from) { to.id = from.id; });
  }
  core::Result<void> upsert_team(const domain::Team& team, const store::Actor& actor) override {
    return upsert(
        rows.teams, team, actor, [&](const auto& r) { return r.name == team.name; },
        [](auto& to, const auto& from) { to.id = from.id; });
  }
  core::Result<void> upsert_layer(const domain::PolicyLayer& layer, const store::Actor& actor) override {
    return upsert(
        rows.layers, layer, actor,
        [&](const auto& r) { return r.kind == layer.kind && r.scope_id == layer.scope_id; },
        [](auto& to, const auto& from) { to.id = from.id; });
  }
  core::Result<void> upsert_limit(const domain::Limit& limit, const store::Actor& actor) override {
    return upsert(
        rows.limits, limit, actor, [&](const auto& r) { return r.name == limit.name; },
        [](auto& to, const auto& from) { to.id = from.id; });
  }
  core::Result<void> upsert_price(const domain::PriceOverride& price, const store::Actor& actor) override {
    return upsert(
        rows.prices, price, actor,
        [&](const auto& r) {
          return r.price.provider == price.price.provider && r.price.model == price.price.model &&
                 r.price.effective_from == price.price.effective_from;
        },
        [](auto& to, const auto& from) { to.id = from.id; });
  }
  core::Result<void> put_route_settings(const domain::RouteSettings& settings,
                                        const store::Actor& actor) override {
    return upsert(
        rows.routes, settings, actor, [&](const auto& r) { return r.route == settings.route; },
        [](auto&, const auto&) {});
  }

 private:
  struct Secrets final : store::SecretsRepository {
    explicit Secrets(int& count) : writes(count) {}
    core::Result<std::optional<std::string>> get(const std::string& name) override {
      const auto found = records.find(name);
      if (found == records.end()) return std::nullopt;
      return found->second;
    }
    core::Result<std::string> put_if_absent(const std::string& name, const std::string& value) override {
      ++writes;
      return records.emplace(name, value).first->second;
    }
    core::Result<void> replace(const std::string& name, const std::string& expected,
                               const std::string& value) override {
      ++writes;
      if (records[name] != expected) return core::fail(core::ErrorCode::conflict);
      records[name] = value;
      return {};
    }
    std::map<std::string, std::string> records;
    int& writes;
  };

  core::Result<void> write(const store::Actor& actor) {
    if (actor.name != "file") std::abort();
    if (fail_after && (*fail_after)-- == 0) return core::fail(core::ErrorCode::store_unavailable, "away");
    ++writes;
    return {};
  }
  template <class Row, class Same, class Keep>
  core::Result<void> upsert(std::vector<Row>& table, const Row& row, const store::Actor& actor, Same same,
                            Keep keep) {
    if (auto done = write(actor); !done) return done;
    for (Row& stored : table) {
      if (!same(stored)) continue;
      const Row before = stored;
      stored = row;
      keep(stored, before);
      return {};
    }
    table.push_back(row);
    return {};
  }

  Secrets secrets_{writes};
};

}  // namespace relayna::declare
