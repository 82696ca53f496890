#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/core/time.hpp"
#include "relayna/domain/balance.hpp"
#include "relayna/domain/counter_set.hpp"
#include "relayna/domain/limits.hpp"
#include "relayna/runtime/task.hpp"

// What has been used of every limit, shared by all replicas (Redis) or kept in this process (memory). Each
// operation is one atomic step over all scopes it names: everything is reserved or nothing is.
//
// The count of a scope is what its durable balance said when the counter was new (`seed`), plus what was
// reserved and settled since. Every request's amounts are in the count once, whatever is lost and in whatever
// order things arrive (see `account`).

namespace relayna::counters {

/// One counter and the limits it is held to: `key:<uuid>`, `project:<uuid>`, `team:<uuid>`, `global`,
/// `end_user:<name>`, each optionally followed by `|model:<pattern>`. At most 512 bytes. The scopes of one
/// request differ.
struct Scope {
  std::string id;
  domain::LimitSet limits;
};

/// What one request takes from each scope besides one request and one concurrent request. Less than 0 counts
/// as 0, more than 10^15 as 10^15.
struct Amounts {
  std::int64_t tokens = 0;
  std::int64_t cost_nanos = 0;
  friend bool operator==(const Amounts&, const Amounts&) = default;
};

/// How full a scope is. Kinds without a limit are 0.
struct Standing {
  domain::PerLimit used{};
  /// False: what days and money say is not to be told, for the scope's durable part is not known.
  bool durable_known = true;
  /// Until a minute window has room for what it counts now: seconds until the oldest second that counts
  /// leaves it. 0 when empty.
  std::int64_t requests_reset_seconds = 0;
  std::int64_t tokens_reset_seconds = 0;
  friend bool operator==(const Standing&, const Standing&) = default;
};

/// Why there is no room. Of several limits that refuse, the one that does so longest: when that is over the
/// request is admitted.
struct Refusal {
  std::size_t scope = 0;  ///< index into the request's scopes
  domain::LimitKind kind = domain::LimitKind::requests_per_minute;
  std::int64_t limit = 0;
  std::int64_t used = 0;
  std::int64_t wanted = 0;  ///< what the request asked for on top
  /// The part of `used` that requests under way hold and may yet give back; 0 for limits on requests.
  std::int64_t held = 0;
  /// Seconds until this very request would be admitted if nothing else came, at least 1; 1 for concurrency;
  /// unset for a total budget and for a request larger than the limit itself.
  std::optional<std::int64_t> retry_after;
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

enum class Outcome : std::uint8_t {
  admitted,
  refused,
  unseeded,  ///< some scope's counter is new and its durable part unknown: read it now (not earlier), `seed`
             ///< it and ask again. Nothing was reserved.
};

struct Admission {
  Outcome outcome = Outcome::admitted;
  /// One per scope: when admitted with this request in it, when refused without.
  std::vector<Standing> standings;
  std::optional<Refusal> refusal;
  std::vector<std::size_t> unseeded;  ///< scopes by index
  core::SystemTime at{};              ///< the counters' own clock: which day, week and month were charged
  std::string epoch;                  ///< changes when the counters were emptied
};

struct AdmitRequest {
  std::string request_id;  ///< UUID; the same id again answers the same and reserves nothing more
  std::vector<Scope> scopes;
  Amounts amounts;
  /// Kept beside the reservation and handed to whoever takes over this replica's. At most 4 kB.
  std::string memo;
  /// Reserves without asking whether there is room, also in unseeded scopes: for reservations that lived
  /// before the counters were emptied. Not for one whose event was handed to the store before that.
  bool announce = false;
  /// Of an announced one: when it was admitted first, which is the day, week and month it is charged to.
  /// Unset: now.
  std::optional<core::SystemTime> at{};
};

struct Extension {
  bool granted = true;
  std::optional<Refusal> refusal;
  bool known = true;  ///< false: the counters do not know the request (emptied since); nothing was reserved
};

/// A request that ended, and what it really used.
struct Ended {
  std::string request_id;
  Amounts used;
};

struct Settlement {
  /// False: the counters do not know the request (any more), and nothing changed. When `epoch` is still that
  /// of its admission it was settled before (the answer was lost, or another replica took it over): it is
  /// counted. Else the counters were emptied since: see `account`.
  bool known = true;
  bool all_seeded = true;  ///< every scope's durable part was known by then
  std::string epoch;
};

/// A request whose event was committed to the store by the transaction `stamp`. To be told of every request
/// except those whose settlement said `known` and `all_seeded` before their event was handed to the store, in
/// an epoch that is still the present one when it is committed.
struct Delivered {
  std::string request_id;
  domain::CounterNames scopes;
  Amounts amounts;
  core::SystemTime at{};    ///< when it was admitted: which day, week and month it belongs to
  std::uint64_t stamp = 0;  ///< id of the transaction that made it durable
  /// It was settled in the counters: `known`, or unknown in the epoch of its admission.
  bool counted = false;
  /// In which epoch it was settled; when that is over, `counted` is too. Empty: not checked.
  std::string epoch{};
};

/// What is used of one scope now.
struct Use {
  Standing standing;
  /// The part of it that requests under way hold and that settling replaces by what they really used. Kinds
  /// without a limit are 0. A request that has outlived the minute or day it was admitted in may be part of
  /// this number without being part of that minute or day any more; never more than is used.
  domain::PerLimit reserved{};
  friend bool operator==(const Use&, const Use&) = default;
};
struct Uses {
  std::vector<Use> scopes;  ///< in the order they were asked for
  core::SystemTime at{};    ///< the counters' own clock
};

/// Sets back what is used of a scope. Of days and money by the numbers its transaction `stamp` took off the
/// durable balance, so that both say the same however they meet; requests under way stay counted.
struct Reset {
  std::string id;  ///< UUID; the same id again changes nothing, for a day
  std::string scope;
  /// The minute forgets its requests, its tokens: those of requests under way, too.
  bool requests_of_minute = false;
  bool tokens_of_minute = false;
  domain::Balance taken_off;  ///< without snapshot
  std::uint64_t stamp = 0;
};

struct Orphan {
  std::string request_id;
  std::string memo;
  std::vector<std::string> scopes;
  Amounts reserved;
  core::SystemTime at{};
};

/// Errors of all operations: control_state_unavailable (counters away or late). An `admit` that was late is
/// released by the implementation itself as soon as that is possible. Those of one shard; `memory` is shared
/// by all shards.
class Counters {
 public:
  virtual ~Counters() = default;
  /// `request` lives until it completes: await it in the expression that makes the request.
  virtual runtime::Task<core::Result<Admission>> admit(const AdmitRequest& request) = 0;
  /// `more` on top of what the request holds, held to the limits of its admission. Kinds of which nothing
  /// more is asked do not refuse. Not idempotent: after an error it may have been granted, which settling
  /// corrects.
  virtual runtime::Task<core::Result<Extension>> extend(std::string request_id, Amounts more) = 0;
  /// Replaces the reservation by what was really used and frees its concurrency. A second settle, and one of
  /// an unknown request, change nothing. Tokens count in the second they were reserved in; what exceeds the
  /// reservation counts now when that second is no longer in the window.
  virtual runtime::Task<core::Result<Settlement>> settle(std::string request_id, Amounts used) = 0;
  /// The same for several, which cost less together; their settlements in the same order. After an error some
  /// may have been settled: they can be settled again.
  virtual runtime::Task<core::Result<std::vector<Settlement>>> settle_all(std::vector<Ended> requests);
  /// Gives everything back, the request itself included: it never reached an upstream.
  virtual runtime::Task<core::Result<void>> release(std::string request_id) = 0;

  /// Adds the durable part to a new counter. Changes nothing when nobody waits for it: the counter was seeded
  /// already, or no admission has asked for it since the counters were emptied. `epoch` is that of the
  /// admission that said the scope was unseeded: a balance for another one is too old and is ignored. Empty:
  /// not checked.
  virtual runtime::Task<core::Result<void>> seed(std::string scope, domain::Balance balance,
                                                 std::string epoch) = 0;
  /// Puts right what the counters hold of requests that became durable: each ends up counted once, by the
  /// seed's balance when `stamp` was visible to it, else by itself. Repeating it changes nothing, for a day.
  virtual runtime::Task<core::Result<void>> account(std::vector<Delivered> delivered) = 0;

  /// How full the scopes are, in one look at all of them. Changes nothing.
  virtual runtime::Task<core::Result<Uses>> use(std::vector<Scope> scopes) = 0;
  /// A scope nobody has asked for since the counters were emptied has nothing to set back: its seed will.
  virtual runtime::Task<core::Result<void>> reset(Reset reset) = 0;

  /// The present epoch; a new one is made when the counters are empty.
  virtual runtime::Task<core::Result<std::string>> epoch() = 0;

  /// Says that this replica lives; its reservations are its own for `lease` longer. One that never said so
  /// has a minute from its first reservation. In memory there is one replica, which never dies.
  virtual runtime::Task<core::Result<void>> renew(core::Duration lease) = 0;
  /// Replicas that hold reservations and whose lease ended at least `grace` ago.
  virtual runtime::Task<core::Result<std::vector<std::string>>> dead_replicas(core::Duration grace) = 0;
  /// Reservations of another replica, still in force: the caller writes their events and then settles them by
  /// `settle_for`. Empty when there are none (any more).
  virtual runtime::Task<core::Result<std::vector<Orphan>>> orphans(std::string replica) = 0;
  virtual runtime::Task<core::Result<Settlement>> settle_for(std::string replica, std::string request_id,
                                                             Amounts used) = 0;
};

}  // namespace relayna::counters
