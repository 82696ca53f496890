#pragma once

#include "store/choices.hpp"
#include "store/columns.hpp"
#include "store/json_columns.hpp"
#include "store/sqlite/statement.hpp"
#include "store/text.hpp"

namespace relayna::store::sqlite {

/// Visitor that binds a row's fields to the parameters ?1, ?2, …; the row must stay until the statement has
/// run.
class RowBinder {
 public:
  enum class Form : std::uint8_t {
    plain,  ///< ids as text
    usage,  ///< ids as 16 bytes, texts made storable
  };
  RowBinder(Statement& statement, Form form) : statement_(statement), form_(form) {}

  void id(std::string_view, const std::string& value);
  void id_or_null(std::string_view, const std::string& value);
  void text(std::string_view, const std::string& value);
  void text_or_null(std::string_view, const std::string& value);
  void flag(std::string_view, bool value) { statement_.bind(++parameter_, value ? 1 : 0); }
  void number(std::string_view, std::int64_t value) { statement_.bind(++parameter_, value); }
  void number_or_null(std::string_view, const std::optional<std::int64_t>& value);
  void time(std::string_view, core::SystemTime value);
  void time_or_null(std::string_view, const std::optional<core::SystemTime>& value);
  void digest(std::string_view, const core::Digest& value);
  void digest_or_null(std::string_view, const std::optional<core::Digest>& value);
  void policy(std::string_view, const domain::Policy& value);
  template <class T>
  void json(std::string_view, const std::vector<T>& value) {
    statement_.bind_copied_text(++parameter_, to_json(value));
  }
  template <class E>
  void choice(std::string_view, const E& value) {
    statement_.bind_text(++parameter_, choice_name(value));
  }

 private:
  void null() { statement_.bind_null(++parameter_); }
  Statement& statement_;
  Form form_;
  int parameter_ = 0;
};

/// Visitor that fills a row from the columns of the current row. Afterwards `unreadable` names the first
/// field whose stored value this binary does not understand.
class RowReader {
 public:
  explicit RowReader(const Statement& statement) : statement_(statement) {}
  std::string_view unreadable;

  void id(std::string_view name, std::string& out);
  void id_or_null(std::string_view name, std::string& out);
  void text(std::string_view, std::string& out) { out = statement_.bytes(column_++); }
  void text_or_null(std::string_view, std::string& out) { out = statement_.bytes(column_++); }
  void flag(std::string_view, bool& out) { out = statement_.integer(column_++) != 0; }
  void number(std::string_view, std::int64_t& out) { out = statement_.integer(column_++); }
  void number(std::string_view, int& out) { out = static_cast<int>(statement_.integer(column_++)); }
  void number_or_null(std::string_view, std::optional<std::int64_t>& out);
  void time(std::string_view, core::SystemTime& out);
  void time_or_null(std::string_view, std::optional<core::SystemTime>& out);
  void digest(std::string_view name, core::Digest& out);
  void digest_or_null(std::string_view name, std::optional<core::Digest>& out);
  void policy(std::string_view name, domain::Policy& out);
  template <class T>
  void json(std::string_view name, std::vector<T>& out) {
    if (!read_json(statement_.bytes(column_++), out)) note(name);
  }
  template <class E>
  void choice(std::string_view name, E& out) {
    if (!read_choice(statement_.bytes(column_++), out)) note(name);
  }

 private:
  bool skip_null();
  void note(std::string_view name) {
    if (unreadable.empty()) unreadable = name;
  }
  const Statement& statement_;
  int column_ = 0;
};

}  // namespace relayna::store::sqlite
