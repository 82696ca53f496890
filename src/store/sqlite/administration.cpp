#include "store/administration_over.hpp"
#include "store/sqlite/changes.hpp"
#include "store/sqlite/repositories.hpp"
#include "store/sqlite/select.hpp"
#include "store/sqlite/stamp.hpp"

namespace relayna::store::sqlite {

namespace {

/// The values must stay until the statement has run.
void bind(Statement& statement, const std::vector<Value>& values) {
  int parameter = 0;
  for (const Value& value : values) {
    switch (value.kind) {
      case ColumnKind::flag:
      case ColumnKind::number:
      case ColumnKind::time:
        statement.bind(++parameter, value.number);
        break;
      case ColumnKind::digest:
        statement.bind_blob(++parameter, value.text);
        break;
      default:
        statement.bind_text(++parameter, value.text);
    }
  }
}

class Session {
 public:
  static constexpr const sql::Dialect& kDialect = sql::kSqlite;
  std::exception_ptr thrown;

  explicit Session(Connection& connection) : connection_(connection) {}

  template <class R>
  core::Result<std::vector<R>> select(std::string_view rest, const std::vector<Value>& values) {
    return read_all<R>(bound(select_from<R>(rest), values));
  }
  template <class R>
  core::Result<std::vector<R>> change_and_select(std::string_view change, const std::vector<Value>& values) {
    return read_all<R>(bound(fmt::format("{} RETURNING {}", change, sql::names(columns_of<R>())), values));
  }
  std::int64_t execute(const std::string& sql, const std::vector<Value>& values) {
    bound(sql, values).run();
    return connection_.changes();
  }
  template <class R>
  std::int64_t execute_row(const std::string& sql, const R& row) {
    Statement write = connection_.statement(sql);
    RowBinder binder(write, RowBinder::Form::plain);
    fields(row, binder);
    write.run();
    return connection_.changes();
  }
  bool exists(const std::string& sql, const std::vector<Value>& values) { return bound(sql, values).step(); }
  void publish(std::string_view kind, const std::string& id, const Actor& actor) {
    sqlite::publish(connection_, kind, id, actor);
  }
  std::int64_t stamp() { return next_stamp(connection_); }
  static core::Error error_of(const std::exception_ptr& thrown, std::string_view reference) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Failure& failure) {
      return classify(failure, reference).error;
    } catch (const std::exception& e) {
      return core::Error(core::ErrorCode::internal_error, {}, e.what());
    }
  }

 private:
  Statement bound(std::string_view sql, const std::vector<Value>& values) {
    Statement statement = connection_.statement(sql);
    bind(statement, values);
    return statement;
  }

  Connection& connection_;
};

/// So that the connection is given up when the file may be another one by now.
void rethrow_if_lost(const std::exception_ptr& thrown) {
  if (!thrown) return;
  try {
    std::rethrow_exception(thrown);
  } catch (const Failure& failure) {
    if (classify(failure, {}).reopen) throw;
  } catch (const std::exception&) {  // told already
  }
}

class Calls {
 public:
  using Session = sqlite::Session;
  static constexpr std::string_view kTakeDue =
      "UPDATE alert_deliveries SET next_attempt_at = ?2 WHERE id IN (SELECT id FROM alert_deliveries WHERE "
      "next_attempt_at <= ?1 ORDER BY next_attempt_at, id LIMIT ?3)";

  explicit Calls(Database& database) : database_(database) {}

  template <class F>
  std::invoke_result_t<F&, Session&> read(F work) {
    return database_.read([&](Connection& connection) {
      Session session(connection);
      return work(session);
    });
  }
  template <class F>
  std::invoke_result_t<F&, Session&> write(F work) {
    return database_.write({}, [&](Connection& connection) {
      Session session(connection);
      return work(session);
    });
  }
  template <class F>
  core::Result<void> transaction(F work) {
    auto done = database_.write({}, [&](Connection& connection) -> core::Result<void> {
      Session session(connection);
      auto result = work(session);
      rethrow_if_lost(session.thrown);
      return result;
    });
    if (done) database_.bell()->ring();
    return done;
  }

 private:
  Database& database_;
};

}  // namespace

std::unique_ptr<Administration> make_administration(Database& database) {
  return std::make_unique<AdministrationOver<Calls>>(database);
}

}  // namespace relayna::store::sqlite
