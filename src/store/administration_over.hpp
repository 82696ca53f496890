#pragma once

#include "relayna/store/administration.hpp"

#include "store/page_sql.hpp"
#include "store/unit_of_work.hpp"

// Administration over either database. `Calls` is what it needs of one:
//   Session                       (unit_of_work.hpp)
//   read(work), write(work)       `work(Session&)` outside of a transaction; writes are one statement that
//   may be
//                                 done twice
//   transaction(work)             committed when `work(Session&)` returns no error
//   kTakeDue                      UPDATE … of deliveries, without its RETURNING

namespace relayna::store {

template <class Calls>
struct ListingsOf {
  template <class R>
  class Of final : public Listing<R> {
   public:
    explicit Of(Calls& calls) : calls_(calls) {}

    core::Result<Page<R>> list(const ListQuery& query) override {
      const auto order = page_order(kTable<R>, columns_of<R>(), query);
      if (!order) return std::unexpected(order.error());
      const auto statement = page_statement(Calls::Session::kDialect, *order, columns_of<R>(), query);
      if (!statement) return std::unexpected(statement.error());
      auto rows = calls_.read(
          [&](auto& session) { return session.template select<R>(statement->rest, statement->values); });
      if (!rows) return std::unexpected(std::move(rows.error()));
      Page<R> page{.rows = std::move(*rows), .next = {}};
      if (page.rows.size() <= page_limit(query)) return page;
      page.rows.resize(page_limit(query));
      const R& last = page.rows.back();
      page.next = write_cursor(*order, {value_of(last, order->sort.name), *value_of(last, order->key.name)});
      return page;
    }

    core::Result<std::optional<R>> get(const std::string& id) override {
      const auto key = address_of<R>(id);
      if (!key) return std::nullopt;
      return calls_.template find<R>(fmt::format("WHERE {} = $1", kTable<R>.key), *key);
    }

   private:
    Calls& calls_;
  };
};

/// `Calls` with the one thing that follows from it: the first row.
template <class Connected>
class FindingCalls : public Connected {
 public:
  using Connected::Connected;
  template <class R>
  core::Result<std::optional<R>> find(std::string_view rest, const Value& value) {
    auto rows = this->read([&](auto& session) {
      return session.template select<R>(sql::spelled(Connected::Session::kDialect, rest), {value});
    });
    if (!rows) return std::unexpected(std::move(rows.error()));
    if (rows->empty()) return std::nullopt;
    return std::move(rows->front());
  }
};

template <class Connected>
class AdministrationOver final
    : private FindingCalls<Connected>,
      public Giving<Administration, Listing, ListingsOf<FindingCalls<Connected>>::template Of,
                    FindingCalls<Connected>> {
  using Calls = FindingCalls<Connected>;
  using Session = typename Connected::Session;

 public:
  template <class... Arguments>
  explicit AdministrationOver(Arguments&... arguments)
      : Calls(arguments...),
        Giving<Administration, Listing, ListingsOf<Calls>::template Of, Calls>(static_cast<Calls&>(*this)) {}

  core::Result<void> change(const std::function<core::Result<void>(Unit&)>& work) override {
    return Calls::transaction([&](Session& session) { return UnitOfWork<Session>(session).run(work); });
  }

  core::Result<std::optional<domain::Operator>> find_operator(const core::Digest& hash) override {
    return Calls::template find<domain::Operator>(
        "WHERE hash = $1 OR previous_hash = $1 ORDER BY hash = $1 DESC LIMIT 1", Value::of(hash));
  }
  core::Result<std::optional<domain::Operator>> find_operator_by_email(const std::string& email) override {
    if (email.empty() || !storable(email)) return std::nullopt;
    return Calls::template find<domain::Operator>(
        "WHERE email = $1 ORDER BY revoked_at DESC NULLS FIRST, id LIMIT 1", Value::of(email));
  }
  core::Result<std::optional<domain::Session>> find_session(const core::Digest& hash) override {
    return Calls::template find<domain::Session>("WHERE hash = $1", Value::of(hash));
  }

  core::Result<void> touch_operator(const std::string& id, core::SystemTime at) override {
    return touch("operators", "last_used_at", id, at);
  }
  core::Result<void> touch_session(const std::string& id, core::SystemTime at) override {
    return touch("sessions", "last_seen_at", id, at);
  }

  core::Result<void> confirm_reset(const std::string& id) override {
    const auto key = address_of<UsageReset>(id);
    if (!key) return std::unexpected(bad_id("id"));
    const std::string update = sql::spelled(
        Session::kDialect, "UPDATE usage_resets SET confirmed = true WHERE id = $1 AND NOT confirmed");
    return Calls::transaction([&](Session& session) -> core::Result<void> {
      if (session.execute(update, {*key}) == 1) session.publish(kTable<UsageReset>.name, key->text, {});
      return {};
    });
  }

  core::Result<std::int64_t> purge_audit(core::SystemTime before, std::size_t at_most) override {
    return purge("audit_events", "id", "created_at < $1", "created_at", before, at_most);
  }
  core::Result<std::int64_t> purge_sessions(core::SystemTime before, std::size_t at_most) override {
    return purge("sessions", "id", "expires_at < $1", "expires_at", before, at_most);
  }
  core::Result<std::int64_t> purge_idempotent_answers(core::SystemTime before, std::size_t at_most) override {
    return purge("idempotency_keys", "(operator_id, key)", "created_at < $1", "created_at", before, at_most);
  }
  core::Result<std::int64_t> purge_deliveries(core::SystemTime before, std::size_t at_most) override {
    return purge("alert_deliveries", "id", "created_at < $1 AND next_attempt_at IS NULL", "created_at",
                 before, at_most);
  }

  core::Result<std::vector<domain::AlertDelivery>> take_due(core::SystemTime now, std::chrono::seconds lease,
                                                            std::size_t at_most) override {
    auto taken = Calls::write([&](Session& session) {
      return session.template change_and_select<domain::AlertDelivery>(
          Connected::kTakeDue, {Value::of(now), Value::of(now + lease), Value::of(bounded(at_most))});
    });
    if (taken) {
      std::ranges::sort(*taken, {}, [](const domain::AlertDelivery& delivery) {
        return std::pair(delivery.created_at, delivery.id);
      });
    }
    return taken;
  }

 private:
  static std::int64_t bounded(std::size_t at_most) {
    return static_cast<std::int64_t>(std::min<std::size_t>(at_most, 100'000));
  }

  core::Result<void> touch(std::string_view table, std::string_view column, const std::string& id,
                           core::SystemTime at) {
    auto canonical = canonical_id(id);
    if (!canonical) return std::unexpected(bad_id("id"));
    const std::string update = sql::spelled(
        Session::kDialect,
        fmt::format("UPDATE {0} SET {1} = $2 WHERE id = $1 AND ({1} IS NULL OR {1} < $2)", table, column));
    return Calls::write([&](Session& session) -> core::Result<void> {
      session.execute(update, {Value::of_id(*canonical), Value::of(at)});
      return {};
    });
  }

  /// `$1` of `condition` is `before`.
  core::Result<std::int64_t> purge(std::string_view table, std::string_view key, std::string_view condition,
                                   std::string_view oldest, core::SystemTime before, std::size_t at_most) {
    std::string columns(key);
    std::erase_if(columns, [](char c) { return c == '(' || c == ')'; });
    const std::string statement = sql::spelled(
        Session::kDialect,
        fmt::format("DELETE FROM {} WHERE {} IN (SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT $2)", table,
                    key, columns, table, condition, oldest));
    return Calls::write([&](Session& session) -> core::Result<std::int64_t> {
      return session.execute(statement, {Value::of(before), Value::of(bounded(at_most))});
    });
  }
};

}  // namespace relayna::store
