#pragma once

#include <string_view>
#include <vector>

#include "store/fields.hpp"

namespace relayna::store {

enum class ColumnKind : std::uint8_t { id, text, flag, number, time, digest, policy, json };

struct Column {
  std::string_view name;
  ColumnKind kind;
  bool nullable = false;
};

/// Visitor that lists the columns of a row in the order of its fields.
class ColumnLister {
 public:
  std::vector<Column> columns;
  void id(std::string_view name, const std::string&) { columns.push_back({name, ColumnKind::id}); }
  void id_or_null(std::string_view name, const std::string&) {
    columns.push_back({name, ColumnKind::id, true});
  }
  void text(std::string_view name, const std::string&) { columns.push_back({name, ColumnKind::text}); }
  void text_or_null(std::string_view name, const std::string&) {
    columns.push_back({name, ColumnKind::text, true});
  }
  void flag(std::string_view name, bool) { columns.push_back({name, ColumnKind::flag}); }
  void number(std::string_view name, std::int64_t) { columns.push_back({name, ColumnKind::number}); }
  void number_or_null(std::string_view name, const std::optional<std::int64_t>&) {
    columns.push_back({name, ColumnKind::number, true});
  }
  void time(std::string_view name, core::SystemTime) { columns.push_back({name, ColumnKind::time}); }
  void time_or_null(std::string_view name, const std::optional<core::SystemTime>&) {
    columns.push_back({name, ColumnKind::time, true});
  }
  void digest(std::string_view name, const core::Digest&) { columns.push_back({name, ColumnKind::digest}); }
  void digest_or_null(std::string_view name, const std::optional<core::Digest>&) {
    columns.push_back({name, ColumnKind::digest, true});
  }
  void policy(std::string_view name, const domain::Policy&) { columns.push_back({name, ColumnKind::policy}); }
  template <class T>
  void json(std::string_view name, const std::vector<T>&) {
    columns.push_back({name, ColumnKind::json});
  }
  template <class E>
  void choice(std::string_view name, const E&) {
    columns.push_back({name, ColumnKind::text});
  }
};

template <class R>
const std::vector<Column>& columns_of() {
  static const std::vector<Column> columns = [] {
    const R row{};
    ColumnLister lister;
    fields(row, lister);
    return lister.columns;
  }();
  return columns;
}

}  // namespace relayna::store
