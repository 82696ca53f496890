#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relayna/core/crypto.hpp"
#include "relayna/core/result.hpp"
#include "relayna/core/time.hpp"
#include "relayna/domain/key.hpp"
#include "relayna/net/address.hpp"
#include "relayna/runtime/shard.hpp"
#include "relayna/runtime/stop.hpp"

namespace relayna::identity {

/// A key as one shard holds it. The mutable members belong to that shard's thread.
struct CachedKey {
  domain::VirtualKey key;
  std::vector<net::Cidr> sources;  ///< the policy's source addresses, parsed
  core::TimePoint fetched_at{};    ///< when the store last answered for it
  bool by_previous_hash = false;   ///< found by the secret that a rotation replaced

  /// The pipeline's effective policies for this key, good for one catalog revision. Survives a refresh that
  /// did not change the key's policy or project.
  mutable std::shared_ptr<void> policy_cache;
  mutable std::int64_t policy_revision = -1;

  mutable std::optional<core::SystemTime> used_at;  ///< by this shard, fresher than the row's last_used_at
  mutable bool use_reported = true;                 ///< `used_at` was taken by take_used
};
using CachedKeyPtr = std::shared_ptr<const CachedKey>;

/// Whether the key may be used now: disabled_virtual_key, revoked_virtual_key, expired_virtual_key, or
/// invalid_virtual_key for a rotated secret whose overlap has ended (no longer the right one). `effective`,
/// when given, adds the idle auto-disable of the layers above the key; without it the key's own counts.
core::Result<void> check_usable(const CachedKey& key, core::SystemTime now,
                                const domain::Policy* effective = nullptr);

/// A key that was found by other means than its secret: an operator named it. Used as one from the cache.
CachedKeyPtr known_key(domain::VirtualKey key, core::TimePoint now);

/// Parses a policy's `allowed_source_addresses`. Entries that do not parse are left out; see source_allowed.
std::vector<net::Cidr> parse_sources(const std::vector<std::string>& list);
/// Whether `client` is in one of `parsed`. A list that has entries but none that parse allows nobody.
bool source_allowed(const std::vector<std::string>& list, const std::vector<net::Cidr>& parsed,
                    const net::Address& client) noexcept;
/// The key's own list; policy_denied when `client` is not on it.
core::Result<void> check_source(const CachedKey& key, const net::Address& client);

struct KeyCacheSettings {
  std::size_t size = 50'000;  ///< entries, an eighth of them for keys that do not exist
  std::chrono::milliseconds ttl{60'000};
  std::chrono::milliseconds soft_bump{300'000};
  std::chrono::milliseconds hard_grace{21'600'000};  ///< 0 turns stale service off
  std::chrono::milliseconds negative_ttl{5'000};
  std::chrono::milliseconds stale_wait{
      500};  ///< how long a request waits before it takes a stale entry instead
  std::chrono::milliseconds load_wait{8'000};  ///< how long one without an entry waits
};

struct KeyCacheStats {
  std::uint64_t hits = 0;           ///< answered from a fresh entry
  std::uint64_t stale_hits = 0;     ///< answered from an entry that could not be refreshed
  std::uint64_t misses = 0;         ///< had to ask the store
  std::uint64_t negative_hits = 0;  ///< known not to exist
  std::uint64_t loads = 0;          ///< questions to the store, in the foreground or background
  std::uint64_t load_failures = 0;
  std::uint64_t evictions = 0;
  std::size_t entries = 0;
  std::size_t negative_entries = 0;
  bool store_away = false;  ///< the last question was not answered
};

/// Virtual keys by the hash of their secret, for one shard; contract 6.3. An entry is fresh for the TTL and
/// is refreshed in the background from three quarters of it. When the store does not answer, the entry is
/// served on: each failure extends it by `soft_bump`, up to `hard_grace` after the last good answer. What the
/// store does say (revoked, unknown) replaces the entry at once. Whether a key is disabled, revoked or
/// expired is not judged here: call check_usable with each request's time. One thread.
class KeyCache {
 public:
  /// Asks the store; runs on the offload pool, so it must be callable from several threads and outlive the
  /// shard's tasks. nullopt: no such key.
  using Loader = std::function<core::Result<std::optional<domain::VirtualKey>>(const core::Digest&)>;

  KeyCache(runtime::Shard& shard, Loader loader, KeyCacheSettings settings = {});
  /// Loads under way end by themselves.
  ~KeyCache();
  KeyCache(const KeyCache&) = delete;
  KeyCache& operator=(const KeyCache&) = delete;

  /// The warm path: no suspension, no allocation. Null when `authenticate` must be asked. May start a refresh
  /// in the background.
  CachedKeyPtr find_fresh(const core::Digest& hash);
  /// Waits for the store where it must; requests for the same key share one question. Errors:
  /// invalid_virtual_key, store_unavailable, client_closed when `stop` was requested.
  runtime::Task<core::Result<CachedKeyPtr>> authenticate(core::Digest hash,
                                                         runtime::StopSource* stop = nullptr);

  /// A key changed (change feed): it is read again before its next use, and keys known not to exist are
  /// forgotten. While the store is away the old entry still serves, as above.
  void invalidate(std::string_view key_id);
  void invalidate_all();

  /// Records a use. Call it when every check has passed: a refused request must not keep an idle key alive.
  void mark_used(const CachedKeyPtr& key);
  /// Uses since the last call, each key once, for KeyRepository::touch.
  std::vector<std::pair<std::string, core::SystemTime>> take_used();

  [[nodiscard]] KeyCacheStats stats() const;

 private:
  struct State;
  struct Flight;
  static runtime::Task<void> load(std::shared_ptr<State> state, core::Digest hash);
  void start_load(const core::Digest& hash);
  std::shared_ptr<State> state_;
};

}  // namespace relayna::identity
