#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "relayna/identity/key_cache.hpp"

namespace relayna::identity {

/// The rules of the key cache without any I/O: what is known, how long it may be served, which question to
/// the store is under way. KeyCache drives it; tests hand in the time. One thread.
class KeyTable {
 public:
  explicit KeyTable(const KeyCacheSettings& settings);

  enum class Action : std::uint8_t {
    serve,              ///< `key`
    serve_and_refresh,  ///< `key`, and ask the store in the background
    wait,     ///< ask the store, or join the question under way; `key` may be served if that takes long
    unknown,  ///< there is no such key
    away,     ///< the store is away and nothing may be served
  };
  struct Lookup {
    Action action = Action::wait;
    CachedKeyPtr key;
    bool changed =
        false;  ///< the key was invalidated: `key` is known to be out of date, waiting longer is right
  };
  /// Allocates nothing. Counts what it serves; `count_unserved` counts the rest once per request.
  Lookup find(const core::Digest& hash, core::TimePoint now);
  void count_unserved(Action action) noexcept;

  /// Opens a question. False when it is open already.
  bool begin_load(const core::Digest& hash);

  enum class Verdict : std::uint8_t { key, unknown, away, ask_again };
  struct Settled {
    Verdict verdict = Verdict::away;
    CachedKeyPtr key;
  };
  using Answer = core::Result<std::optional<domain::VirtualKey>>;
  /// Takes the store's answer and closes the question, unless an invalidation overtook it: then the answer
  /// may be older than the change and the store must be asked again (a bounded number of times).
  Settled settle(const core::Digest& hash, Answer answer, core::TimePoint now);

  void invalidate(std::string_view key_id);
  void invalidate_all();
  [[nodiscard]] const KeyCacheStats& stats() const noexcept { return stats_; }

 private:
  struct Entry {
    core::Digest hash{};
    CachedKeyPtr key;  ///< null: there is no such key
    core::TimePoint last_good{};
    core::TimePoint refresh_at{};
    core::TimePoint serve_until{};
    bool changed = false;
    bool stale = false;  ///< extended because the store was away
  };
  using Entries = std::list<Entry>;  ///< most recently used first
  struct Load {
    int asked = 1;
    bool all_changed = false;
    std::vector<std::string> changed_ids;
  };

  [[nodiscard]] bool may_ask(core::TimePoint now) const noexcept;
  [[nodiscard]] bool within_grace(const Entry& entry, core::TimePoint now) const noexcept;
  [[nodiscard]] static bool overtaken(const Load& load, const domain::VirtualKey* key);
  Entry* entry(const core::Digest& hash);
  CachedKeyPtr put(const core::Digest& hash, domain::VirtualKey key, core::TimePoint now, bool trusted);
  void put_unknown(const core::Digest& hash, core::TimePoint now);
  Settled settle_failure(const core::Digest& hash, core::TimePoint now);
  void erase(Entries::iterator it);
  void trim(Entries& entries, std::size_t limit);
  void forget_unknown();
  static void mark_changed(Entry& entry) noexcept;

  KeyCacheSettings settings_;
  std::size_t unknown_limit_;
  std::size_t key_limit_;
  Entries keys_;
  Entries unknown_;
  std::unordered_map<core::Digest, Entries::iterator, core::DigestHash> index_;
  std::unordered_multimap<std::string, Entries::iterator> by_id_;
  std::unordered_map<core::Digest, Load, core::DigestHash> loads_;
  core::TimePoint ask_again_at_{};  ///< while the store is away
  KeyCacheStats stats_;
};

}  // namespace relayna::identity
