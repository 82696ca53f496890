#pragma once

#include <string>
#include <string_view>

#include <pqxx/result>

#include "store/choices.hpp"
#include "store/columns.hpp"
#include "store/json_columns.hpp"

namespace relayna::store::postgres {

/// `(extract(epoch from created_at) * 1000000)::bigint` and the like: columns as RowReader reads them.
std::string select_list(std::span<const Column> columns);

template <class R>
const std::string& select_list() {
  static const std::string list = select_list(columns_of<R>());
  return list;
}

/// Visitor that fills a row from a result, column by column. Afterwards `unreadable` names the first field
/// whose stored value this binary does not understand.
class RowReader {
 public:
  explicit RowReader(const pqxx::row& row) : row_(row) {}
  std::string_view unreadable;

  void id(std::string_view, std::string& out) { out = view(next()); }
  void id_or_null(std::string_view, std::string& out) { out = view(next()); }
  void text(std::string_view, std::string& out) { out = view(next()); }
  void text_or_null(std::string_view, std::string& out) { out = view(next()); }
  void flag(std::string_view, bool& out) { out = view(next()) == "t"; }
  void number(std::string_view name, std::int64_t& out) { out = integer(name, next()); }
  void number(std::string_view name, int& out) { out = static_cast<int>(integer(name, next())); }
  void number_or_null(std::string_view name, std::optional<std::int64_t>& out);
  void time(std::string_view name, core::SystemTime& out);
  void time_or_null(std::string_view name, std::optional<core::SystemTime>& out);
  void digest(std::string_view name, core::Digest& out);
  void digest_or_null(std::string_view name, std::optional<core::Digest>& out);
  void policy(std::string_view name, domain::Policy& out);
  template <class T>
  void json(std::string_view name, std::vector<T>& out) {
    if (!read_json(view(next()), out)) note(name);
  }
  template <class E>
  void choice(std::string_view name, E& out) {
    if (!read_choice(view(next()), out)) note(name);
  }

 private:
  pqxx::field next() { return row_[column_++]; }
  static std::string_view view(const pqxx::field& field) { return {field.c_str(), field.size()}; }
  std::int64_t integer(std::string_view name, const pqxx::field& field);
  void read_digest(std::string_view name, const pqxx::field& field, core::Digest& out);
  void note(std::string_view name) {
    if (unreadable.empty()) unreadable = name;
  }

  const pqxx::row& row_;
  pqxx::row::size_type column_ = 0;
};

}  // namespace relayna::store::postgres
