#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/domain/balance.hpp"
#include "relayna/domain/catalog_objects.hpp"
#include "relayna/domain/key.hpp"
#include "relayna/domain/limit_rules.hpp"
#include "relayna/domain/policy.hpp"
#include "relayna/domain/prices.hpp"
#include "relayna/store/administration.hpp"
#include "relayna/store/rows.hpp"

// Durable state behind one set of interfaces, kept by PostgreSQL or SQLite; tests/contract runs the same
// suite against both. Every call blocks: call from an offload thread. Any number of threads. Errors:
// store_unavailable (the database is away; try again), conflict (a unique name is taken), not_found,
// invalid_request (a reference dangles, an id is no UUID; `param` names the field), migrations_pending (the
// schema is missing or older), internal_error (a stored row this version cannot read). SQL states stay in
// Error::detail; values appear in neither.

namespace relayna::store {

/// What a change notice says. `kind` is a table's name; `id` the row, empty for "several".
struct Change {
  std::int64_t revision = 0;
  std::string kind;  ///< keys | providers | credential_mappings | models | route_settings | policy_layers |
                     ///< projects | teams | limits | price_overrides | provider_credentials | settings |
                     ///< operators | sessions | alert_webhooks | usage_resets
  std::string id;
};

/// Who changes something; kept with the change notice.
struct Actor {
  std::string name;  ///< `cli`, `file`, an operator id
};

class KeyRepository {
 public:
  virtual ~KeyRepository() = default;
  /// By current hash, or by the previous one (the caller judges whether its overlap has ended). nullopt:
  /// unknown.
  virtual core::Result<std::optional<domain::VirtualKey>> find_by_hash(const core::Digest& hash) = 0;
  virtual core::Result<domain::VirtualKey> get(const std::string& id) = 0;
  virtual core::Result<std::optional<domain::VirtualKey>> find_by_name(const std::string& name) = 0;
  virtual core::Result<std::vector<domain::VirtualKey>> list() = 0;
  /// Names are unique among keys that are not revoked.
  virtual core::Result<void> create(const domain::VirtualKey& key, const Actor& actor) = 0;
  /// Replaces everything but id and created_at.
  virtual core::Result<void> update(const domain::VirtualKey& key, const Actor& actor) = 0;
  virtual core::Result<void> revoke(const std::string& id, core::SystemTime at, const Actor& actor) = 0;
  /// Moves last_used_at forward; no change notice.
  virtual core::Result<void> touch(std::span<const std::pair<std::string, core::SystemTime>> used) = 0;
};

/// Upserts are by stable name (providers, models, projects, teams, limits) or identity (layers by kind and
/// scope, mappings by scope and target, routes by route, prices by provider, model and moment: one that has
/// always held and one from 1970 or earlier are the same). A row that exists keeps its id and created_at:
/// read ids back before referring to them. An upsert that changes nothing but updated_at writes nothing and
/// tells nobody.
class CatalogRepository {
 public:
  virtual ~CatalogRepository() = default;
  virtual core::Result<CatalogRows> load() = 0;
  virtual core::Result<std::int64_t> revision() = 0;
  virtual core::Result<void> upsert_provider(const ProviderRow& row, const Actor& actor) = 0;
  virtual core::Result<void> upsert_mapping(const CredentialMappingRow& row, const Actor& actor) = 0;
  virtual core::Result<void> upsert_model(const domain::Model& model, const Actor& actor) = 0;
  virtual core::Result<void> upsert_project(const domain::Project& project, const Actor& actor) = 0;
  virtual core::Result<void> upsert_team(const domain::Team& team, const Actor& actor) = 0;
  virtual core::Result<void> upsert_layer(const domain::PolicyLayer& layer, const Actor& actor) = 0;
  virtual core::Result<void> upsert_limit(const domain::Limit& limit, const Actor& actor) = 0;
  virtual core::Result<void> upsert_price(const domain::PriceOverride& price, const Actor& actor) = 0;
  virtual core::Result<void> put_route_settings(const domain::RouteSettings& settings,
                                                const Actor& actor) = 0;
};

/// Whose usage is added up, and as of when. Empty fields: any.
struct BalanceQuery {
  std::string key_id;
  std::string project_id;
  std::string team_id;
  std::optional<std::string> end_user;  ///< "" is those who name none
  std::string model;                    ///< exact, or ending in `*`
  std::string route;                    ///< exact, or ending in `*`
  std::string counter;                  ///< whose resets are taken off; empty: none are
  core::SystemTime at{};                ///< which day, week and month are the present ones
};

class UsageRepository {
 public:
  virtual ~UsageRepository() = default;
  /// Idempotent by request_id: rows already there are left as they are, and are in the balances once. One
  /// transaction. Ids must be UUIDs or empty (invalid_request); in texts, what no database keeps (NUL,
  /// ill-formed UTF-8) becomes U+FFFD. Returns for each event, in their order, the id of the transaction that
  /// stored it: this one, or an earlier one.
  virtual core::Result<std::vector<std::uint64_t>> insert(std::span<const domain::UsageEvent> events) = 0;
  /// What stored events add up to in whole days (UTC) by `accounted_at`, less what resets took off, which may
  /// be more for as long as events are on their way. One consistent view, read by one statement or
  /// transaction. Sums saturate.
  virtual core::Result<domain::Balance> balance(const BalanceQuery& query) = 0;
  virtual core::Result<std::vector<domain::UsageEvent>> recent(std::size_t limit) = 0;
  virtual core::Result<std::int64_t> count() = 0;
};

/// Small named values that belong to the installation (wrapped pepper and data key, generated master key,
/// file revision).
class SecretsRepository {
 public:
  virtual ~SecretsRepository() = default;
  virtual core::Result<std::optional<std::string>> get(const std::string& name) = 0;
  /// Stores `value` unless the name exists; returns what is stored afterwards, so replicas starting together
  /// agree.
  virtual core::Result<std::string> put_if_absent(const std::string& name, const std::string& value) = 0;
  /// Replaces when the stored value is still `expected`; conflict otherwise.
  virtual core::Result<void> replace(const std::string& name, const std::string& expected,
                                     const std::string& value) = 0;
};

struct Replica {
  std::string id;
  std::string version;
  std::string host;
  core::SystemTime started_at{};
  core::SystemTime seen_at{};
};
class ReplicaRepository {
 public:
  virtual ~ReplicaRepository() = default;
  virtual core::Result<void> heartbeat(const Replica& replica) = 0;
  virtual core::Result<std::vector<Replica>> alive(core::SystemTime since) = 0;
  virtual core::Result<void> remove(const std::string& id) = 0;
};

struct MigrationStatus {
  int number = 0;
  std::string name;
  bool applied = false;
  bool checksum_matches = true;
  bool known = true;  ///< false: applied by a newer program that says this one may serve the schema
};
class Migrations {
 public:
  virtual ~Migrations() = default;
  /// Known migrations and what the database says of them. database_reset_required when its history is not
  /// ours (unknown numbers that do not declare themselves compatible, altered checksums, or foreign tables
  /// without our bookkeeping); the database is left untouched.
  virtual core::Result<std::vector<MigrationStatus>> status() = 0;
  /// Applies what is pending, in order, under an advisory lock, so that replicas starting together do it
  /// once. Returns how many.
  virtual core::Result<int> apply() = 0;
};

/// Tells of changes made by any process. The callback runs on the feed's own thread; a notice may come twice,
/// and `kind` is empty when notices may have been missed ("reload everything"): once when the feed has become
/// live, and after every reconnect. Destroying the feed stops it; not from within the callback.
class ChangeFeed {
 public:
  virtual ~ChangeFeed() = default;
};

class AnalyticsRepository;  // analytics.hpp

class Store {
 public:
  virtual ~Store() = default;
  virtual KeyRepository& keys() = 0;
  virtual CatalogRepository& catalog() = 0;
  virtual UsageRepository& usage() = 0;
  virtual Administration& administration() = 0;
  virtual AnalyticsRepository& analytics() = 0;
  virtual SecretsRepository& secrets() = 0;
  virtual ReplicaRepository& replicas() = 0;
  virtual Migrations& migrations() = 0;
  /// One cheap round trip, for readiness.
  virtual core::Result<void> ping() = 0;
  /// LISTEN/NOTIFY with a revision poll as backstop (PostgreSQL); PRAGMA data_version poll (SQLite).
  virtual std::unique_ptr<ChangeFeed> watch(std::function<void(const Change&)> on_change) = 0;
  [[nodiscard]] virtual std::string describe()
      const = 0;  ///< `postgres host:port/db` or `sqlite path`, no credentials
};

struct PostgresSettings {
  std::string url;
  std::size_t max_connections = 6;  ///< one per offload thread and per thread of the admin API
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds statement_timeout{5'000};
  std::chrono::milliseconds poll_interval{1'000};  ///< revision poll beside LISTEN
};
struct SqliteSettings {
  std::string path;
  std::chrono::milliseconds poll_interval{250};
};
/// Neither connects: a database that is away at start is met by the first call. The error is about the
/// settings (malformed URL).
core::Result<std::unique_ptr<Store>> make_postgres_store(PostgresSettings settings);
core::Result<std::unique_ptr<Store>> make_sqlite_store(SqliteSettings settings);

}  // namespace relayna::store
