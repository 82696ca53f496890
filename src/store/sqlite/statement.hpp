#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <sqlite3.h>

namespace relayna::store::sqlite {

/// A use of a prepared statement that its connection keeps; reset when the use ends. Parameters and columns
/// are counted as SQLite does: from 1 and from 0. Throws Failure.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* prepared) noexcept : prepared_(prepared) {}
  Statement(Statement&& other) noexcept;
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;

  void bind(int parameter, std::int64_t value);
  void bind_null(int parameter);
  /// The bytes must stay until the statement has run.
  void bind_text(int parameter, std::string_view bytes);
  void bind_blob(int parameter, std::string_view bytes);
  void bind_copied_text(int parameter, std::string_view bytes);
  void bind_copied_blob(int parameter, std::string_view bytes);

  /// True when there is a row to look at.
  bool step();
  /// For statements without rows, or whose rows are not looked at.
  void run();
  /// Ready for other parameters.
  void again() noexcept;

  [[nodiscard]] int columns() const;
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] bool is_blob(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  /// Text or blob; valid until the next step.
  [[nodiscard]] std::string_view bytes(int column) const;

 private:
  void check(int code) const;
  sqlite3_stmt* prepared_;
};

}  // namespace relayna::store::sqlite
