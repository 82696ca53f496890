#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/domain/operator.hpp"
#include "relayna/store/rows.hpp"

// What the admin API reads and changes, kept by PostgreSQL or SQLite. Calls block; errors are those of
// store.hpp. Lists are read without a transaction; every change is one unit of work.

namespace relayna::store {

/// One condition on a list; all must hold.
struct Filter {
  enum class Test : std::uint8_t {
    equals,
    contains,
    at_least,
    at_least_or_null,
    below,
    is_null,  ///< unset; of a text column without nulls: empty
    is_not_null
  };
  std::string column;  ///< a column of the row; any other is a bug of the caller (internal_error)
  Test test = Test::equals;
  /// As the API spells it (RFC 3339, `true`, a UUID): invalid_request with `param` = column when it is no
  /// such thing. `contains` ignores case (PostgreSQL of the letters its locale knows, SQLite of ASCII);
  /// nothing in it is a wildcard. Unused by the tests for null. Hashes and policies are tested for null only,
  /// lists (as JSON) also with `contains`.
  std::string value;
};

/// Lists are in the order of one column and then of the row's id, so that pages neither repeat nor lose rows.
/// Texts are in the order of their code points.
struct ListQuery {
  std::vector<Filter> where;
  /// A column; NULLs come last in either direction. Rows without created_at are then in the order of their
  /// id.
  std::string sort = "created_at";
  bool descending = true;
  std::string
      after;  ///< `next` of the page before; invalid_request with `param` = `cursor` when it is not ours
  std::size_t limit = 50;
};

template <class R>
struct Page {
  std::vector<R> rows;
  std::string next;  ///< where the next page begins; empty: this was the last one
};

/// Rows of one kind, read.
template <class R>
class Listing {
 public:
  virtual ~Listing() = default;
  virtual core::Result<Page<R>> list(const ListQuery& query) = 0;
  /// nullopt: no such row, also when `id` could not be one.
  virtual core::Result<std::optional<R>> get(const std::string& id) = 0;
};

/// Rows of one kind within a unit of work.
template <class R>
class Rows {
 public:
  virtual ~Rows() = default;
  /// The row stays locked until the unit ends, so that what is decided from it holds. nullopt: none.
  virtual core::Result<std::optional<R>> find(const std::string& id) = 0;
  /// Every row that meets the conditions, locked in the same way, in the order of their keys.
  virtual core::Result<std::vector<R>> find_all(const std::vector<Filter>& where) = 0;
  /// conflict with `param` when a unique field is taken; invalid_request with `param` when a reference
  /// dangles.
  virtual core::Result<void> insert(const R& row) = 0;
  /// Replaces everything but id and created_at. not_found; the others as `insert`.
  virtual core::Result<void> update(const R& row) = 0;
  /// not_found; conflict when other rows refer to it, saying which kind.
  virtual core::Result<void> remove(const std::string& id) = 0;
};

/// An answer kept for `Idempotency-Key`: one operator's key stands for one request.
struct IdempotentAnswer {
  std::string operator_id;
  std::string key;
  core::Digest request{};  ///< of method, path and body
  int status = 0;
  std::string location;
  std::string body;  ///< without secrets
  core::SystemTime created_at{};
};

template <template <class> class Access, class R>
class Gives {
 public:
  virtual ~Gives() = default;

 protected:
  virtual Access<R>& give(std::type_identity<R>) = 0;
};
/// Access to rows of each kind, by type: `of<domain::Team>()`.
template <template <class> class Access, class... R>
class GivesEach : public Gives<Access, R>... {
 public:
  template <class Wanted>
  Access<Wanted>& of() {
    return give(std::type_identity<Wanted>{});
  }

 protected:
  using Gives<Access, R>::give...;
};
/// What operators administer. Ids are UUIDs but for models and settings (name) and route settings (route id,
/// `chat-completions`).
template <template <class> class Access, class... More>
using Administered =
    GivesEach<Access, domain::VirtualKey, domain::Project, domain::Team, domain::PolicyLayer, ProviderRow,
              ProviderCredentialRow, CredentialMappingRow, domain::Model, domain::RouteSettings,
              domain::Limit, domain::PriceOverride, domain::Operator, domain::Session, domain::Setting,
              domain::AlertWebhook, domain::AlertDelivery, More...>;

/// What changes together. Each changed row that caches hold publishes its change notice with the commit, and
/// a removed one also a notice without id for each kind of rows that may have gone with it. Once the database
/// refused something (a taken name, a dangling reference) the unit is over: every later call says the same,
/// and nothing is committed.
class Unit : public Administered<Rows> {
 public:
  virtual core::Result<void> record(const domain::AuditEvent& event) = 0;
  /// From the commit on every balance of this counter is less by it. Returns the stamp, which `reset` need
  /// not have. conflict: another one has this number.
  virtual core::Result<std::int64_t> take_off(const UsageReset& reset) = 0;
  /// Reserves the key. The answer kept under it if it was used before (a concurrent use is waited for), else
  /// nullopt: the caller then does the work and calls `keep`.
  virtual core::Result<std::optional<IdempotentAnswer>> claim(const std::string& operator_id,
                                                              const std::string& key) = 0;
  /// Before the unit ends, for every key it claimed: internal_error otherwise.
  virtual core::Result<void> keep(const IdempotentAnswer& answer) = 0;
};

/// Lists of every kind: `of<domain::AuditEvent>().list(…)`.
class Administration : public Administered<Listing, domain::AuditEvent, UsageReset> {
 public:
  /// Runs `work` in one transaction and commits when it returns without error; rolls back otherwise. `work`
  /// may be run again from its beginning when the connection turns out dead before the commit or a deadlock
  /// was resolved against it, so it keeps its results in what it assigns, not in what it appends to. It calls
  /// nothing else of the store: it holds one of few connections.
  virtual core::Result<void> change(const std::function<core::Result<void>(Unit&)>& work) = 0;

  /// By current or previous hash; the caller judges state and overlap.
  virtual core::Result<std::optional<domain::Operator>> find_operator(const core::Digest& hash) = 0;
  virtual core::Result<std::optional<domain::Operator>> find_operator_by_email(const std::string& email) = 0;
  virtual core::Result<std::optional<domain::Session>> find_session(const core::Digest& hash) = 0;
  /// Moves last_used_at or last_seen_at forward; no change notice.
  virtual core::Result<void> touch_operator(const std::string& id, core::SystemTime at) = 0;
  virtual core::Result<void> touch_session(const std::string& id, core::SystemTime at) = 0;

  /// The counters know of this reset, which is told to all: until now they refused rightly.
  virtual core::Result<void> confirm_reset(const std::string& id) = 0;

  /// Deletes at most `at_most` rows older than `before`, the oldest first, and says how many.
  virtual core::Result<std::int64_t> purge_audit(core::SystemTime before, std::size_t at_most) = 0;
  /// Those that expired before `before`.
  virtual core::Result<std::int64_t> purge_sessions(core::SystemTime before, std::size_t at_most) = 0;
  virtual core::Result<std::int64_t> purge_idempotent_answers(core::SystemTime before,
                                                              std::size_t at_most) = 0;
  /// Those that have ended.
  virtual core::Result<std::int64_t> purge_deliveries(core::SystemTime before, std::size_t at_most) = 0;

  /// Takes deliveries that are due for `lease` (their next_attempt_at moves to its end), those due longest
  /// first, so that no other replica takes them meanwhile.
  virtual core::Result<std::vector<domain::AlertDelivery>> take_due(core::SystemTime now,
                                                                    std::chrono::seconds lease,
                                                                    std::size_t at_most) = 0;
};

}  // namespace relayna::store
