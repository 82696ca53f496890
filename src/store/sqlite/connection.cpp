#include "store/sqlite/connection.hpp"

#include <thread>

#include "relayna/core/time.hpp"

#include "store/sqlite/functions.hpp"

namespace relayna::store::sqlite {

Connection::Limit::Limit(Connection& connection, core::TimePoint until)
    : database_(connection.database_.get()), until_(until) {
  constexpr int kSteps = 10'000;  // of SQLite's machine between two looks at the clock: well under 1 ms
  sqlite3_progress_handler(
      database_, kSteps,
      [](void* limit) {
        return core::real_clock().now() >= static_cast<const Limit*>(limit)->until_ ? 1 : 0;
      },
      this);
}

Connection::Limit::~Limit() {
  sqlite3_progress_handler(database_, 0, nullptr, nullptr);
}

Connection::Connection(const std::string& path, Access access, std::chrono::milliseconds busy) {
  sqlite3* opened = nullptr;
  // No mutex of its own: one thread at a time is the rule here. Readers open for writing too, since a reader
  // of a write-ahead log takes part in its bookkeeping.
  const int code =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  database_.reset(opened);
  if (code != SQLITE_OK) throw Failure(code, opened == nullptr ? "out of memory" : sqlite3_errmsg(opened));
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, static_cast<int>(busy.count()));
  execute(
      "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; "
      "PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864");
  if (access == Access::read) execute("PRAGMA query_only = ON");
  add_functions(opened);
}

Connection::Prepared Connection::prepare(std::string_view sql, unsigned flags) {
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), flags,
                                      &prepared, nullptr);
  if (code != SQLITE_OK) throw Failure(code, sqlite3_errmsg(database_.get()));
  return Prepared(prepared);
}

Statement Connection::statement(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end())
    found = statements_.emplace(std::string(sql), prepare(sql, SQLITE_PREPARE_PERSISTENT)).first;
  return Statement(found->second.get());
}

Statement Connection::passing_statement(std::string_view sql) {
  passing_ = prepare(sql, 0);
  return Statement(passing_.get());
}

void Connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK)
    throw Failure(sqlite3_extended_errcode(database_.get()), sqlite3_errmsg(database_.get()));
}

std::int64_t Connection::changes() const {
  return sqlite3_changes64(database_.get());
}

void Connection::roll_back() noexcept {
  if (sqlite3_get_autocommit(database_.get()) == 0)
    sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Connection::use_wal() {
  // Two processes that switch a new file at once are told "busy" without the usual wait.
  const auto until = core::real_clock().now() + std::chrono::seconds(5);
  while (true) {
    try {
      Statement mode = statement("PRAGMA journal_mode = WAL");
      mode.run();
      return;
    } catch (const Failure& failure) {
      if ((failure.code() & 0xff) != SQLITE_BUSY || core::real_clock().now() >= until) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace relayna::store::sqlite
