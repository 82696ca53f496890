#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "relayna/core/time.hpp"

#include "store/sqlite/faults.hpp"
#include "store/sqlite/statement.hpp"

namespace relayna::store::sqlite {

enum class Access : std::uint8_t { read, write };

/// One SQLite connection with its prepared statements. One thread at a time. Throws Failure.
class Connection {
 public:
  /// Ends what runs when the moment has passed, with SQLITE_INTERRUPT. One at a time.
  class Limit {
   public:
    Limit(Connection& connection, core::TimePoint until);
    ~Limit();
    Limit(const Limit&) = delete;
    Limit& operator=(const Limit&) = delete;

   private:
    sqlite3* database_;
    core::TimePoint until_;
  };

  /// The file must exist. `busy` is how long to wait for another process's write.
  Connection(const std::string& path, Access access,
             std::chrono::milliseconds busy = std::chrono::seconds(5));
  ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Prepared once and kept; `sql` must not be in use already.
  Statement statement(std::string_view sql);
  /// For text that is made for one use: what this returned before must not be in use any more.
  Statement passing_statement(std::string_view sql);
  /// Any number of statements, no parameters.
  void execute(const std::string& sql);
  /// Rows changed by the last statement.
  [[nodiscard]] std::int64_t changes() const;
  /// Rolls back what is open; does not throw.
  void roll_back() noexcept;
  /// Write-ahead logging, which is a property of the file. Waits for other users of the file.
  void use_wal();

 private:
  struct Close {
    void operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Prepared = std::unique_ptr<sqlite3_stmt, Finalize>;
  Prepared prepare(std::string_view sql, unsigned flags);
  std::unique_ptr<sqlite3, Close> database_;
  std::unordered_map<std::string, Prepared, Hash, std::equal_to<>> statements_;
  Prepared passing_;
};

/// A transaction that is rolled back unless committed.
class Transaction {
 public:
  /// `begin`: "BEGIN" for one snapshot of several reads, "BEGIN IMMEDIATE" to write, "BEGIN EXCLUSIVE" alone.
  Transaction(Connection& connection, const char* begin) : connection_(connection) {
    connection_.execute(begin);
  }
  ~Transaction() {
    if (!committed_) connection_.roll_back();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    connection_.execute("COMMIT");
    committed_ = true;
  }

 private:
  Connection& connection_;
  bool committed_ = false;
};

}  // namespace relayna::store::sqlite
