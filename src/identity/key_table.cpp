#include "identity/key_table.hpp"

#include <algorithm>
#include <utility>

namespace relayna::identity {
namespace {

/// Questions open at once; beyond, keys that are not cached wait their turn as if the store were away. Bounds
/// what a flood of made-up keys can queue up before the database.
constexpr std::size_t kMaxLoads = 1'024;
/// How often a question overtaken by changes is asked again before its answer is used once and not kept.
constexpr int kMaxAsked = 3;
/// While the store is away: one question at a time, this far apart, so that failing attempts do not occupy
/// the threads others need.
constexpr std::chrono::milliseconds kAwayPause{250};
/// How soon an entry that was extended tries again to be refreshed by its next use.
constexpr std::chrono::milliseconds kRetry{10'000};

std::string_view view(const core::Digest& digest) noexcept {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

bool same(const core::Digest& a, const core::Digest& b) noexcept {
  return core::constant_time_equal(view(a), view(b));
}

}  // namespace

KeyTable::KeyTable(const KeyCacheSettings& settings)
    : settings_(settings),
      unknown_limit_(std::max<std::size_t>(1, settings.size / 8)),
      key_limit_(std::max<std::size_t>(1, settings.size - std::min(settings.size, unknown_limit_))) {}

bool KeyTable::may_ask(core::TimePoint now) const noexcept {
  if (!stats_.store_away) return loads_.size() < kMaxLoads;
  return loads_.empty() && now >= ask_again_at_;
}

bool KeyTable::within_grace(const Entry& entry, core::TimePoint now) const noexcept {
  return now < entry.last_good + settings_.hard_grace;
}

KeyTable::Lookup KeyTable::find(const core::Digest& hash, core::TimePoint now) {
  const auto found = index_.find(hash);
  if (found != index_.end()) {
    Entry& e = *found->second;
    Entries& home = e.key ? keys_ : unknown_;
    home.splice(home.begin(), home, found->second);
    const bool asking = loads_.contains(hash);
    const bool may = asking || may_ask(now);
    if (now < e.serve_until) {
      if (!e.key) return {Action::unknown, nullptr, false};
      ++(e.stale ? stats_.stale_hits : stats_.hits);
      const bool due = now >= e.refresh_at && !asking && may;
      return {due ? Action::serve_and_refresh : Action::serve, e.key, false};
    }
    if (e.key && within_grace(e, now)) {
      // Known to be out of date: the store had this change to tell a moment ago, so it is worth waiting for.
      if (e.changed && may) return {Action::wait, e.key, true};
      // Known to be away: waiting for it once more would only be slow.
      if (stats_.store_away || !may) {
        ++stats_.stale_hits;
        return {may && !asking ? Action::serve_and_refresh : Action::serve, e.key, false};
      }
      return {Action::wait, e.key, false};
    }
  }
  if (loads_.contains(hash) || may_ask(now)) return {Action::wait, nullptr, false};
  return {Action::away, nullptr, false};
}

void KeyTable::count_unserved(Action action) noexcept {
  ++(action == Action::unknown ? stats_.negative_hits : stats_.misses);
}

bool KeyTable::begin_load(const core::Digest& hash) {
  const bool opened = loads_.try_emplace(hash).second;
  if (opened) ++stats_.loads;
  return opened;
}

bool KeyTable::overtaken(const Load& load, const domain::VirtualKey* key) {
  if (load.all_changed) return true;
  // "Unknown" may be older than the creation of any key that changed since.
  if (key == nullptr) return !load.changed_ids.empty();
  return std::ranges::find(load.changed_ids, key->id) != load.changed_ids.end();
}

KeyTable::Settled KeyTable::settle(const core::Digest& hash, Answer answer, core::TimePoint now) {
  const auto open = loads_.find(hash);
  if (open == loads_.end()) return {};
  if (!answer) {
    loads_.erase(open);
    return settle_failure(hash, now);
  }
  stats_.store_away = false;
  std::optional<domain::VirtualKey>& row = *answer;
  // Lookups are by index; the comparison that decides is this one, in constant time.
  if (row && !same(row->hash, hash) && !(row->previous_hash && same(*row->previous_hash, hash))) row.reset();

  const bool late = overtaken(open->second, row ? &*row : nullptr);
  if (late && open->second.asked < kMaxAsked) {
    const int asked = open->second.asked + 1;
    open->second = Load{.asked = asked, .all_changed = false, .changed_ids = {}};
    ++stats_.loads;
    return {Verdict::ask_again, nullptr};
  }
  loads_.erase(open);
  if (row) return {Verdict::key, put(hash, std::move(*row), now, !late)};
  if (Entry* old = entry(hash)) erase(index_.find(old->hash)->second);
  if (!late) put_unknown(hash, now);
  return {Verdict::unknown, nullptr};
}

KeyTable::Settled KeyTable::settle_failure(const core::Digest& hash, core::TimePoint now) {
  ++stats_.load_failures;
  stats_.store_away = true;
  ask_again_at_ = now + kAwayPause;
  Entry* e = entry(hash);
  if (e == nullptr || e->key == nullptr) return {Verdict::away, nullptr};
  e->refresh_at = now + std::min(kRetry, settings_.ttl);
  if (within_grace(*e, now)) {
    const auto extended = std::min(now + settings_.soft_bump, e->last_good + settings_.hard_grace);
    e->serve_until = std::max(e->serve_until, extended);
    e->changed = false;
    e->stale = true;
    ++stats_.stale_hits;
    return {Verdict::key, e->key};
  }
  if (now < e->serve_until) return {Verdict::key, e->key};
  return {Verdict::away, nullptr};
}

KeyTable::Entry* KeyTable::entry(const core::Digest& hash) {
  const auto found = index_.find(hash);
  return found == index_.end() ? nullptr : &*found->second;
}

CachedKeyPtr KeyTable::put(const core::Digest& hash, domain::VirtualKey key, core::TimePoint now,
                           bool trusted) {
  auto fresh = std::make_shared<CachedKey>();
  fresh->by_previous_hash = !same(key.hash, hash);
  fresh->fetched_at = now;
  fresh->sources = parse_sources(key.policy.allowed_source_addresses);
  fresh->key = std::move(key);
  if (const Entry* old = entry(hash)) {
    if (old->key) {
      const CachedKey& before = *old->key;
      fresh->used_at = before.used_at;
      if (before.key.project_id == fresh->key.project_id && before.key.policy == fresh->key.policy) {
        fresh->policy_cache = before.policy_cache;
        fresh->policy_revision = before.policy_revision;
      }
    }
    erase(index_.find(hash)->second);
  }
  keys_.push_front(Entry{.hash = hash, .key = fresh, .last_good = now});
  Entry& e = keys_.front();
  e.refresh_at = now + settings_.ttl * 3 / 4;
  e.serve_until = now + settings_.ttl;
  if (!trusted) mark_changed(e);
  index_[hash] = keys_.begin();
  by_id_.emplace(fresh->key.id, keys_.begin());
  trim(keys_, key_limit_);
  stats_.entries = keys_.size();
  return fresh;
}

void KeyTable::put_unknown(const core::Digest& hash, core::TimePoint now) {
  if (settings_.negative_ttl.count() <= 0) return;
  unknown_.push_front(Entry{.hash = hash, .last_good = now, .serve_until = now + settings_.negative_ttl});
  index_[hash] = unknown_.begin();
  trim(unknown_, unknown_limit_);
  stats_.negative_entries = unknown_.size();
}

void KeyTable::erase(Entries::iterator it) {
  if (it->key) {
    const auto [begin, end] = by_id_.equal_range(it->key->key.id);
    by_id_.erase(std::find_if(begin, end, [&](const auto& item) { return item.second == it; }));
  }
  index_.erase(it->hash);
  Entries& home = it->key ? keys_ : unknown_;
  home.erase(it);
  stats_.entries = keys_.size();
  stats_.negative_entries = unknown_.size();
}

void KeyTable::trim(Entries& entries, std::size_t limit) {
  while (entries.size() > limit) {
    erase(std::prev(entries.end()));
    ++stats_.evictions;
  }
}

void KeyTable::forget_unknown() {
  for (const Entry& e : unknown_) index_.erase(e.hash);
  unknown_.clear();
  stats_.negative_entries = 0;
}

void KeyTable::mark_changed(Entry& entry) noexcept {
  entry.serve_until = core::TimePoint::min();
  entry.changed = true;
}

void KeyTable::invalidate(std::string_view key_id) {
  const std::string id(key_id);
  const auto [begin, end] = by_id_.equal_range(id);
  for (auto it = begin; it != end; ++it) mark_changed(*it->second);
  for (auto& [hash, load] : loads_) load.changed_ids.push_back(id);
  forget_unknown();
  stats_.store_away = false;  // somebody could read the change, so the store is worth asking
}

void KeyTable::invalidate_all() {
  for (Entry& e : keys_) mark_changed(e);
  for (auto& [hash, load] : loads_) load.all_changed = true;
  forget_unknown();
  stats_.store_away = false;
}

}  // namespace relayna::identity
