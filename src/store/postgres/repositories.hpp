#pragma once

#include "relayna/store/store.hpp"

#include "store/postgres/pool.hpp"

namespace relayna::store::postgres {

class Keys final : public KeyRepository {
 public:
  explicit Keys(Pool& pool) : pool_(pool) {}
  core::Result<std::optional<domain::VirtualKey>> find_by_hash(const core::Digest& hash) override;
  core::Result<domain::VirtualKey> get(const std::string& id) override;
  core::Result<std::optional<domain::VirtualKey>> find_by_name(const std::string& name) override;
  core::Result<std::vector<domain::VirtualKey>> list() override;
  core::Result<void> create(const domain::VirtualKey& key, const Actor& actor) override;
  core::Result<void> update(const domain::VirtualKey& key, const Actor& actor) override;
  core::Result<void> revoke(const std::string& id, core::SystemTime at, const Actor& actor) override;
  core::Result<void> touch(std::span<const std::pair<std::string, core::SystemTime>> used) override;

 private:
  Pool& pool_;
};

class Catalog final : public CatalogRepository {
 public:
  explicit Catalog(Pool& pool) : pool_(pool) {}
  core::Result<CatalogRows> load() override;
  core::Result<std::int64_t> revision() override;
  core::Result<void> upsert_provider(const ProviderRow& row, const Actor& actor) override;
  core::Result<void> upsert_mapping(const CredentialMappingRow& row, const Actor& actor) override;
  core::Result<void> upsert_model(const domain::Model& model, const Actor& actor) override;
  core::Result<void> upsert_project(const domain::Project& project, const Actor& actor) override;
  core::Result<void> upsert_team(const domain::Team& team, const Actor& actor) override;
  core::Result<void> upsert_layer(const domain::PolicyLayer& layer, const Actor& actor) override;
  core::Result<void> upsert_limit(const domain::Limit& limit, const Actor& actor) override;
  core::Result<void> upsert_price(const domain::PriceOverride& price, const Actor& actor) override;
  core::Result<void> put_route_settings(const domain::RouteSettings& settings, const Actor& actor) override;

 private:
  template <class R>
  core::Result<void> upsert(const R& given, const Actor& actor);
  Pool& pool_;
};

class Usage final : public UsageRepository {
 public:
  explicit Usage(Pool& pool) : pool_(pool) {}
  core::Result<std::vector<std::uint64_t>> insert(std::span<const domain::UsageEvent> events) override;
  core::Result<domain::Balance> balance(const BalanceQuery& query) override;
  core::Result<std::vector<domain::UsageEvent>> recent(std::size_t limit) override;
  core::Result<std::int64_t> count() override;

 private:
  Pool& pool_;
};

class Secrets final : public SecretsRepository {
 public:
  explicit Secrets(Pool& pool) : pool_(pool) {}
  core::Result<std::optional<std::string>> get(const std::string& name) override;
  core::Result<std::string> put_if_absent(const std::string& name, const std::string& value) override;
  core::Result<void> replace(const std::string& name, const std::string& expected,
                             const std::string& value) override;

 private:
  Pool& pool_;
};

class Replicas final : public ReplicaRepository {
 public:
  explicit Replicas(Pool& pool) : pool_(pool) {}
  core::Result<void> heartbeat(const Replica& replica) override;
  core::Result<std::vector<Replica>> alive(core::SystemTime since) override;
  core::Result<void> remove(const std::string& id) override;

 private:
  Pool& pool_;
};

/// The pool must outlive it.
std::unique_ptr<Administration> make_administration(Pool& pool);

}  // namespace relayna::store::postgres
