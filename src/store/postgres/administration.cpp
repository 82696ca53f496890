#include "store/administration_over.hpp"
#include "store/postgres/changes.hpp"
#include "store/postgres/faults.hpp"
#include "store/postgres/repositories.hpp"
#include "store/postgres/select.hpp"

namespace relayna::store::postgres {

namespace {

core::Digest digest_of(std::string_view bytes) {
  core::Digest digest{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), digest.size()), digest.begin());
  return digest;
}

Params params_of(const std::vector<Value>& values) {
  Params params;
  for (const Value& value : values) {
    switch (value.kind) {
      case ColumnKind::flag:
        params.flag({}, value.number != 0);
        break;
      case ColumnKind::number:
        params.number({}, value.number);
        break;
      case ColumnKind::time:
        params.time({}, core::SystemTime(std::chrono::microseconds(value.number)));
        break;
      case ColumnKind::digest:
        params.digest({}, digest_of(value.text));
        break;
      default:
        params.text({}, value.text);
    }
  }
  return params;
}

class Session {
 public:
  static constexpr const sql::Dialect& kDialect = sql::kPostgres;
  std::exception_ptr thrown;

  explicit Session(pqxx::transaction_base& on) : on_(on) {}

  template <class R>
  core::Result<std::vector<R>> select(std::string_view rest, const std::vector<Value>& values) {
    return read_all<R>(query(on_, select_from<R>(rest), params_of(values)));
  }
  template <class R>
  core::Result<std::vector<R>> change_and_select(std::string_view change, const std::vector<Value>& values) {
    return read_all<R>(
        query(on_, fmt::format("{} RETURNING {}", change, select_list<R>()), params_of(values)));
  }
  std::int64_t execute(const std::string& sql, const std::vector<Value>& values) {
    return static_cast<std::int64_t>(query(on_, sql, params_of(values)).affected_rows());
  }
  template <class R>
  std::int64_t execute_row(const std::string& sql, const R& row) {
    return static_cast<std::int64_t>(query(on_, sql, Params::row(row)).affected_rows());
  }
  bool exists(const std::string& sql, const std::vector<Value>& values) {
    return !query(on_, sql, params_of(values)).empty();
  }
  void publish(std::string_view kind, const std::string& id, const Actor& actor) {
    postgres::publish(on_, kind, id, actor);
  }
  std::int64_t stamp() {
    return query(on_, "SELECT pg_current_xact_id()::text::bigint").at(0).at(0).as<std::int64_t>();
  }
  /// The server names the constraint, so the field need not be told.
  static core::Error error_of(const std::exception_ptr& thrown, std::string_view) {
    return classify(thrown).error;
  }

 private:
  pqxx::transaction_base& on_;
};

class Calls {
 public:
  using Session = postgres::Session;
  /// Rows that another replica is taking at this moment are passed over. The array is made once; a subquery
  /// with IN may be run again and then find others.
  static constexpr std::string_view kTakeDue =
      "UPDATE alert_deliveries SET next_attempt_at = $2 WHERE id = ANY (ARRAY(SELECT id FROM "
      "alert_deliveries WHERE "
      "next_attempt_at <= $1 ORDER BY next_attempt_at, id LIMIT $3 FOR UPDATE SKIP LOCKED))";

  explicit Calls(Pool& pool) : pool_(pool) {}

  template <class F>
  std::invoke_result_t<F&, Session&> read(F work) {
    return pool_.run(Repeat::always, [&](Connection& connection) {
      pqxx::nontransaction on(connection.session());
      Session session(on);
      return work(session);
    });
  }
  template <class F>
  std::invoke_result_t<F&, Session&> write(F work) {
    return read(std::move(work));
  }
  template <class F>
  core::Result<void> transaction(F work) {
    return pool_.run(Repeat::until_commit, [&](Connection& connection) -> core::Result<void> {
      Mutation write(connection);
      Session session(write.on());
      auto done = work(session);
      // The pool judges whether it is worth another try, and what becomes of the connection.
      if (session.thrown) std::rethrow_exception(session.thrown);
      if (done) write.commit();
      return done;
    });
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<Administration> make_administration(Pool& pool) {
  return std::make_unique<AdministrationOver<Calls>>(pool);
}

}  // namespace relayna::store::postgres
