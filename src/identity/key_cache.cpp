#include "relayna/identity/key_cache.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "relayna/runtime/offload.hpp"
#include "relayna/runtime/waiter.hpp"
#include "relayna/telemetry/log.hpp"

#include "identity/key_table.hpp"

namespace relayna::identity {

/// One question to the store and who waits for its answer.
struct KeyCache::Flight {
  std::optional<KeyTable::Settled> outcome;
  std::vector<runtime::Waiter*> waiters;
};

/// Shared with the loads under way, which may outlive the cache.
struct KeyCache::State {
  State(runtime::Shard& s, Loader l, const KeyCacheSettings& config)
      : shard(s), loader(std::move(l)), settings(config), table(config), log(telemetry::log("identity")) {}

  runtime::Shard& shard;
  Loader loader;
  KeyCacheSettings settings;
  KeyTable table;
  std::unordered_map<core::Digest, std::shared_ptr<Flight>, core::DigestHash> flights;
  std::vector<CachedKeyPtr> used;
  std::shared_ptr<spdlog::logger> log;

  [[nodiscard]] core::TimePoint now() const noexcept { return shard.clock().now(); }

  void report(bool was_away, const std::string& reason) const {
    const bool away = table.stats().store_away;
    if (away && !was_away)
      log->warn("keys cannot be read from the store, cached ones keep serving: {}", reason);
    if (!away && was_away) log->info("keys can be read from the store again");
  }
};

namespace {

core::Error away_error() {
  return core::Error(core::ErrorCode::store_unavailable).with_retry_after(std::chrono::seconds(1));
}

core::Result<CachedKeyPtr> answer_of(const KeyTable::Settled& settled, const CachedKeyPtr& fallback) {
  if (settled.verdict == KeyTable::Verdict::key) return settled.key;
  if (settled.verdict == KeyTable::Verdict::unknown) {
    return core::fail(core::ErrorCode::invalid_virtual_key);
  }
  if (fallback) return fallback;
  return std::unexpected(away_error());
}

// Runs on a pool thread. A loader that throws counts as a store that does not answer.
KeyTable::Answer ask(const KeyCache::Loader& loader, const core::Digest& hash) {
  try {
    return loader(hash);
  } catch (const std::exception& e) {
    return core::fail(core::ErrorCode::internal_error, {}, e.what());
  }
}

/// Keeps a waiter on a flight's list exactly as long as it exists.
class Registration {
 public:
  Registration(std::vector<runtime::Waiter*>& list, runtime::Waiter& waiter) : list_(list), waiter_(&waiter) {
    list_.push_back(waiter_);
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  ~Registration() { std::erase(list_, waiter_); }

 private:
  std::vector<runtime::Waiter*>& list_;
  runtime::Waiter* waiter_;
};

}  // namespace

KeyCache::KeyCache(runtime::Shard& shard, Loader loader, KeyCacheSettings settings)
    : state_(std::make_shared<State>(shard, std::move(loader), settings)) {}

KeyCache::~KeyCache() = default;

CachedKeyPtr KeyCache::find_fresh(const core::Digest& hash) {
  auto found = state_->table.find(hash, state_->now());
  if (found.action == KeyTable::Action::serve) return std::move(found.key);
  if (found.action == KeyTable::Action::serve_and_refresh) {
    start_load(hash);
    return std::move(found.key);
  }
  return nullptr;
}

runtime::Task<core::Result<CachedKeyPtr>> KeyCache::authenticate(core::Digest hash,
                                                                 runtime::StopSource* stop) {
  const std::shared_ptr<State> state = state_;
  const auto found = state->table.find(hash, state->now());
  switch (found.action) {
    case KeyTable::Action::serve_and_refresh:
      start_load(hash);
      [[fallthrough]];
    case KeyTable::Action::serve:
      co_return found.key;
    case KeyTable::Action::unknown:
      state->table.count_unserved(found.action);
      co_return core::fail(core::ErrorCode::invalid_virtual_key);
    case KeyTable::Action::away:
      state->table.count_unserved(found.action);
      co_return std::unexpected(away_error());
    case KeyTable::Action::wait:
      state->table.count_unserved(found.action);
      break;
  }
  start_load(hash);
  const std::shared_ptr<Flight> flight = state->flights.at(hash);
  const bool patient = !found.key || found.changed;
  const auto deadline = core::Deadline::in(state->shard.clock(),
                                           patient ? state->settings.load_wait : state->settings.stale_wait);
  runtime::Waiter waiter(state->shard);
  const Registration registration(flight->waiters, waiter);
  const auto ended = co_await waiter.wait(deadline, stop);
  if (flight->outcome) co_return answer_of(*flight->outcome, found.key);
  if (ended == runtime::Waiter::Outcome::stopped) co_return core::fail(core::ErrorCode::client_closed);
  if (found.key) co_return found.key;
  co_return std::unexpected(away_error());
}

void KeyCache::start_load(const core::Digest& hash) {
  if (!state_->table.begin_load(hash)) return;
  state_->flights.emplace(hash, std::make_shared<Flight>());
  state_->shard.tasks().spawn(load(state_, hash));
}

runtime::Task<void> KeyCache::load(std::shared_ptr<State> state, core::Digest hash) {
  KeyTable::Settled settled;
  do {
    auto answer = co_await runtime::offload(state->shard.offload_pool(),
                                            [loader = state->loader, hash] { return ask(loader, hash); });
    const bool was_away = state->table.stats().store_away;
    const std::string reason = answer ? std::string() : answer.error().describe();
    settled = state->table.settle(hash, std::move(answer), state->now());
    state->report(was_away, reason);
  } while (settled.verdict == KeyTable::Verdict::ask_again);

  const auto open = state->flights.find(hash);
  const std::shared_ptr<Flight> flight = std::move(open->second);
  state->flights.erase(open);
  flight->outcome = std::move(settled);
  for (runtime::Waiter* waiter : flight->waiters) waiter->notify();
}

void KeyCache::invalidate(std::string_view key_id) {
  state_->table.invalidate(key_id);
}

void KeyCache::invalidate_all() {
  state_->table.invalidate_all();
}

void KeyCache::mark_used(const CachedKeyPtr& key) {
  key->used_at = state_->shard.clock().wall();
  if (!std::exchange(key->use_reported, false)) return;
  state_->used.push_back(key);
}

std::vector<std::pair<std::string, core::SystemTime>> KeyCache::take_used() {
  // A refresh replaces the entry, so one key may stand here twice.
  std::unordered_map<std::string_view, core::SystemTime> latest;
  for (const CachedKeyPtr& key : state_->used) {
    key->use_reported = true;
    auto& at = latest[key->key.id];
    at = std::max(at, *key->used_at);
  }
  std::vector<std::pair<std::string, core::SystemTime>> out;
  out.reserve(latest.size());
  for (const auto& [id, at] : latest) out.emplace_back(id, at);
  state_->used.clear();
  return out;
}

KeyCacheStats KeyCache::stats() const {
  return state_->table.stats();
}

}  // namespace relayna::identity
