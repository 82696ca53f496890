#pragma once

#include <algorithm>
#include <exception>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "relayna/store/store.hpp"

#include "store/checks.hpp"
#include "store/giving.hpp"
#include "store/page_sql.hpp"
#include "store/row_address.hpp"
#include "store/sql.hpp"

// A unit of work over either database. A `Session` is what it needs of one, within one transaction; all of it
// throws what the database's library throws, but for `error_of`, which tells what was thrown:
//   kDialect
//   select<R>(rest, values)       rows, from `SELECT … FROM table` + rest
//   execute(sql, values)          how many rows changed
//   execute_row(sql, row)         the same with a row's columns as parameters
//   exists(sql, values)           whether there is a row
//   publish(kind, id, actor)
//   stamp()                       what the rows of usage this transaction stores are stamped with
//   error_of(thrown, reference)   `reference`: the field to blame when one dangles
//   thrown                        set here: what ended the unit

namespace relayna::store {

/// What the rows of one unit share: the transaction, what went wrong in it, what changed.
template <class Session>
class OpenUnit {
 public:
  explicit OpenUnit(Session& session) : session_(session) {}

  /// Runs `work(Session&)`. Once the database refused something the unit is over, for PostgreSQL takes no
  /// more statements then: every later call says the same, and nothing is committed.
  template <class F>
  std::invoke_result_t<F&, Session&> attempt(std::string_view reference, F work) {
    if (failure_) return std::unexpected(*failure_);
    try {
      return work(session_);
    } catch (...) {
      session_.thrown = std::current_exception();
      failure_ = Session::error_of(session_.thrown, reference);
      return std::unexpected(*failure_);
    }
  }
  [[nodiscard]] const std::optional<core::Error>& failure() const noexcept { return failure_; }

  /// `id` empty: several.
  void changed(std::string_view kind, std::string id) {
    std::pair change(kind, std::move(id));
    if (std::ranges::find(changes_, change) == changes_.end()) changes_.push_back(std::move(change));
  }
  void by(std::string actor) { actor_.name = std::move(actor); }
  /// Last in the transaction: it is what units wait for each other on.
  core::Result<void> publish() {
    return attempt({}, [this](Session& session) -> core::Result<void> {
      for (const auto& [kind, id] : changes_) session.publish(kind, id, actor_);
      return {};
    });
  }

 private:
  Session& session_;
  std::optional<core::Error> failure_;
  std::vector<std::pair<std::string_view, std::string>> changes_;
  Actor actor_;
};

/// The rows of one kind in one unit.
template <class Session>
struct RowsIn {
  template <class R>
  class Of final : public Rows<R> {
   public:
    explicit Of(OpenUnit<Session>& unit) : unit_(unit) {}

    core::Result<std::optional<R>> find(const std::string& id) override {
      const auto key = address_of<R>(id);
      if (!key) return std::nullopt;
      return unit_.attempt({}, [&](Session& session) -> core::Result<std::optional<R>> {
        auto rows = session.template select<R>(where_key().append(Session::kDialect.locked), {*key});
        if (!rows) return std::unexpected(std::move(rows.error()));
        if (rows->empty()) return std::nullopt;
        return std::move(rows->front());
      });
    }

    core::Result<std::vector<R>> find_all(const std::vector<Filter>& where) override {
      const ListQuery query{.where = where,
                            .sort = std::string(kTable<R>.key),
                            .descending = false,
                            .after = {},
                            .limit = std::numeric_limits<std::size_t>::max()};
      const auto order = page_order(kTable<R>, columns_of<R>(), query);
      if (!order) return std::unexpected(order.error());
      auto statement = page_statement(Session::kDialect, *order, columns_of<R>(), query);
      if (!statement) return std::unexpected(std::move(statement.error()));
      statement->rest.append(Session::kDialect.locked);
      return unit_.attempt({}, [&](Session& session) {
        return session.template select<R>(statement->rest, statement->values);
      });
    }

    core::Result<void> insert(const R& given) override {
      static const std::string kInsert = sql::insert(Session::kDialect, kTable<R>, columns_of<R>());
      return write(kInsert, given);
    }

    core::Result<void> update(const R& given) override {
      static const std::string kUpdate = sql::update(Session::kDialect, kTable<R>, columns_of<R>());
      return write(kUpdate, given);
    }

    core::Result<void> remove(const std::string& id) override {
      const auto key = address_of<R>(id);
      if (!key) return std::unexpected(missing(kTable<R>.name));
      auto done = unit_.attempt({}, [&](Session& session) { return remove_from(session, *key); });
      if (done) tell(key->text, kRemovedWith<R>);
      return done;
    }

   private:
    core::Result<void> write(const std::string& statement, const R& given) {
      const auto row = acceptable(given);
      if (!row) return std::unexpected(row.error());
      auto done = unit_.attempt(kTable<R>.reference, [&](Session& session) -> core::Result<void> {
        if (session.execute_row(statement, *row) == 0) return std::unexpected(missing(kTable<R>.name));
        return {};
      });
      if (done) tell(value_of(*row, kTable<R>.key)->text, {});
      return done;
    }

    /// Looks before it deletes, with the row locked against new references: the database's own refusal would
    /// end the unit, and one of the two does not say which rows are in the way.
    static core::Result<void> remove_from(Session& session, const Value& key) {
      if (!session.exists(
              fmt::format("SELECT 1 FROM {} {}{}", kTable<R>.name, where_key(), Session::kDialect.locked),
              {key}))
        return std::unexpected(missing(kTable<R>.name));
      if (const auto& dependents = kDependents<R>;
          dependents &&
          session.exists(sql::spelled(Session::kDialect, fmt::format("SELECT 1 FROM {} WHERE {} = $1 LIMIT 1",
                                                                     dependents->table, dependents->column)),
                         {key}))
        return std::unexpected(in_use(dependents->table));
      session.execute(fmt::format("DELETE FROM {} {}", kTable<R>.name, where_key()), {key});
      return {};
    }

    void tell(const std::string& id, std::span<const std::string_view> gone_with) {
      if (!kAnnounced<R>) return;
      unit_.changed(kTable<R>.name, core::Uuid::parse(id) ? *canonical_id(id) : id);
      for (const std::string_view kind : gone_with) unit_.changed(kind, {});
    }

    static std::string where_key() {
      return sql::spelled(Session::kDialect, fmt::format("WHERE {} = $1", kTable<R>.key));
    }

    OpenUnit<Session>& unit_;
  };
};

template <class Session>
class UnitOfWork final : private OpenUnit<Session>,
                         public Giving<Unit, Rows, RowsIn<Session>::template Of, OpenUnit<Session>> {
  using Open = OpenUnit<Session>;

 public:
  explicit UnitOfWork(Session& session)
      : Open(session), Giving<Unit, Rows, RowsIn<Session>::template Of, Open>(static_cast<Open&>(*this)) {}

  /// What is left is to commit. The error, with whatever the database threw in `session.thrown`, otherwise.
  core::Result<void> run(const std::function<core::Result<void>(Unit&)>& work) {
    auto done = work(*this);
    if (Open::failure()) return std::unexpected(*Open::failure());
    if (!done) return done;
    if (claimed_ != kept_)
      return core::fail(core::ErrorCode::internal_error, {},
                        "an idempotency key was claimed, and no answer kept");
    return Open::publish();
  }

  core::Result<void> record(const domain::AuditEvent& given) override {
    static const std::string kInsert =
        sql::insert(Session::kDialect, kTable<domain::AuditEvent>, columns_of<domain::AuditEvent>());
    const auto event = acceptable(given);
    if (!event) return std::unexpected(event.error());
    Open::by(event->actor_id.empty() ? event->actor_name : event->actor_id);
    return Open::attempt({}, [&](Session& session) -> core::Result<void> {
      session.execute_row(kInsert, *event);
      return {};
    });
  }

  core::Result<std::int64_t> take_off(const UsageReset& given) override {
    static const std::string kInsert =
        sql::insert(Session::kDialect, kTable<UsageReset>, columns_of<UsageReset>());
    auto reset = acceptable(given);
    if (!reset) return std::unexpected(std::move(reset.error()));
    return Open::attempt({}, [&](Session& session) -> core::Result<std::int64_t> {
      reset->stamp = session.stamp();
      session.execute_row(kInsert, *reset);
      return reset->stamp;
    });
  }

  core::Result<std::optional<IdempotentAnswer>> claim(const std::string& operator_id,
                                                      const std::string& key) override {
    if (!storable(operator_id)) return std::unexpected(bad_text("operator_id"));
    if (!storable(key)) return std::unexpected(bad_text("key"));
    return Open::attempt({}, [&](Session& session) -> core::Result<std::optional<IdempotentAnswer>> {
      const std::vector<Value> identity{Value::of(operator_id), Value::of(key)};
      // Waits for the end of a transaction that is using the key.
      if (session.execute(sql::spelled(Session::kDialect,
                                       "INSERT INTO idempotency_keys (operator_id, key) VALUES ($1, $2) "
                                       "ON CONFLICT (operator_id, key) DO NOTHING"),
                          identity) == 1) {
        ++claimed_;
        return std::nullopt;
      }
      // A statement of its own: it must see what that transaction has just committed.
      auto kept = session.template select<IdempotentAnswer>(
          sql::spelled(Session::kDialect, "WHERE operator_id = $1 AND key = $2"), identity);
      if (!kept) return std::unexpected(std::move(kept.error()));
      if (kept->empty())
        return core::fail(core::ErrorCode::conflict,
                          "what this key stands for is being forgotten: try again");
      return std::move(kept->front());
    });
  }

  core::Result<void> keep(const IdempotentAnswer& answer) override {
    if (auto ok = check(answer); !ok) return ok;
    return Open::attempt({}, [&](Session& session) -> core::Result<void> {
      const std::string update =
          sql::spelled(Session::kDialect,
                       "UPDATE idempotency_keys SET request = $3, status = $4, location = $5, "
                       "body = $6, created_at = $7 WHERE operator_id = $1 AND key = $2");
      if (session.execute_row(update, answer) == 0)
        return core::fail(core::ErrorCode::internal_error, {}, "the idempotency key was not claimed");
      ++kept_;
      return {};
    });
  }

 private:
  int claimed_ = 0;
  int kept_ = 0;
};

}  // namespace relayna::store
