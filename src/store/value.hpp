#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "relayna/core/result.hpp"

#include "store/choices.hpp"
#include "store/columns.hpp"

namespace relayna::store {

/// A statement's parameter: what a column of its kind holds. Each database has its own way to pass it on.
struct Value {
  ColumnKind kind = ColumnKind::text;
  std::int64_t number = 0;  ///< flags (0 and 1), numbers, times (microseconds since 1970)
  std::string text;         ///< everything else; of a digest its bytes

  static Value of(std::string text) { return {ColumnKind::text, 0, std::move(text)}; }
  static Value of_id(std::string id) { return {ColumnKind::id, 0, std::move(id)}; }
  static Value of(std::int64_t number) { return {ColumnKind::number, number, {}}; }
  static Value of(core::SystemTime time) { return {ColumnKind::time, time.time_since_epoch().count(), {}}; }
  static Value of(const core::Digest& digest) {
    return {ColumnKind::digest, 0, std::string(digest.begin(), digest.end())};
  }
};

/// Reads what the API calls a value of `column`: a UUID, `true`, a decimal number, RFC 3339. The error is
/// invalid_request with the column as `param`. For columns that can be compared: `comparable`.
core::Result<Value> parse_value(const Column& column, std::string_view text);
/// Whether the order of values means anything: not of digests, policies and lists.
bool comparable(const Column& column);

/// Visitor that takes one column's value out of a row. Only columns that are `comparable`.
class ValuePicker {
 public:
  explicit ValuePicker(std::string_view column) : column_(column) {}
  std::optional<Value> value;  ///< unset: NULL

  void id(std::string_view name, const std::string& id) {
    if (name == column_) value = Value::of_id(id);
  }
  void id_or_null(std::string_view name, const std::string& id_or_none) {
    if (!id_or_none.empty()) id(name, id_or_none);
  }
  void text(std::string_view name, const std::string& text) {
    if (name == column_) value = Value::of(text);
  }
  void text_or_null(std::string_view name, const std::string& text_or_none) {
    if (!text_or_none.empty()) text(name, text_or_none);
  }
  void flag(std::string_view name, bool flag) {
    if (name == column_) value = Value{ColumnKind::flag, flag ? 1 : 0, {}};
  }
  void number(std::string_view name, std::int64_t number) {
    if (name == column_) value = Value::of(number);
  }
  void number_or_null(std::string_view name, const std::optional<std::int64_t>& number_or_none) {
    if (number_or_none) number(name, *number_or_none);
  }
  void time(std::string_view name, core::SystemTime time) {
    if (name == column_) value = Value::of(time);
  }
  void time_or_null(std::string_view name, const std::optional<core::SystemTime>& time_or_none) {
    if (time_or_none) time(name, *time_or_none);
  }
  void digest(std::string_view, const core::Digest&) {}
  void digest_or_null(std::string_view, const std::optional<core::Digest>&) {}
  void policy(std::string_view, const domain::Policy&) {}
  template <class T>
  void json(std::string_view, const std::vector<T>&) {}
  template <class E>
  void choice(std::string_view name, const E& choice) {
    text(name, std::string(choice_name(choice)));
  }

 private:
  std::string_view column_;
};

template <class R>
std::optional<Value> value_of(const R& row, std::string_view column) {
  ValuePicker picker(column);
  fields(row, picker);
  return std::move(picker.value);
}

}  // namespace relayna::store
