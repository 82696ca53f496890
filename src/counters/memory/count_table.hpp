#pragma once

#include <functional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "counters/scope_count.hpp"

namespace relayna::counters {

/// All scopes and reservations of one process: what `Counters` promises, without clock, lock or I/O. Forgets
/// idle scopes and old names as it goes, a few at each call.
class CountTable {
 public:
  explicit CountTable(std::string epoch);

  Admission admit(const AdmitRequest& request, core::SystemTime now);
  Extension extend(const std::string& request_id, Amounts more, core::SystemTime now);
  Settlement settle(const std::string& request_id, Amounts used, core::SystemTime now);
  void release(const std::string& request_id, core::SystemTime now);
  void seed(const std::string& scope, const domain::Balance& balance, const std::string& epoch,
            core::SystemTime now);
  void account(const Delivered& delivered, core::SystemTime now);
  [[nodiscard]] Uses use(const std::vector<Scope>& scopes, core::SystemTime now) const;
  void reset(const Reset& reset, core::SystemTime now);
  [[nodiscard]] const std::string& epoch() const noexcept { return epoch_; }

  [[nodiscard]] std::size_t scopes() const noexcept { return scopes_.size(); }
  [[nodiscard]] std::size_t reservations() const noexcept { return open_.size(); }

 private:
  /// A request that became durable while the scope was being seeded.
  struct Pending {
    std::uint64_t stamp = 0;
    Amounts amounts;
    domain::Periods at;
    bool counted = false;
  };
  struct Entry {
    ScopeCount count;
    std::string snapshot;  // of the seed
    std::vector<Pending> pending;
    std::vector<Reset> resets;  // that came while it was being seeded
    core::SystemTime used{};
    bool queued = false;  // in due_
  };
  struct TokensTaken {
    std::int64_t second = 0;
    std::int64_t tokens = 0;
  };
  struct Held {
    std::string scope;
    domain::LimitSet limits;  // of the admission; what extensions are held to
    bool tracked = false;     // the durable kinds were charged
    bool in_window = false;   // the minute was charged
  };
  struct Reservation {
    core::SystemTime at;
    Amounts amounts;
    std::vector<TokensTaken> tokens;
    std::vector<Held> scopes;
  };
  enum class Forget : std::uint8_t { scope, accounted };
  struct Due {
    core::SystemTime at;
    Forget what = Forget::scope;
    std::string id;
    friend bool operator>(const Due& a, const Due& b) noexcept { return a.at > b.at; }
  };

  Entry& touch(const std::string& scope, core::SystemTime now);
  Entry* present(const std::string& scope, core::SystemTime now);
  void reserve(const AdmitRequest& request, Admission& admission, core::SystemTime now);
  bool finish(const Reservation& reservation, Amounts used, core::SystemTime now);
  static void resolve(ScopeCount& count, const Pending& request, const std::string& snapshot);
  void forget_some(core::SystemTime now);
  void forget_scope_if_idle(const std::string& id, core::SystemTime now);

  std::string epoch_;
  std::unordered_map<std::string, Entry> scopes_;
  std::unordered_map<std::string, Reservation> open_;
  std::unordered_set<std::string> accounted_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

}  // namespace relayna::counters
