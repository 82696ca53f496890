#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/encoding.hpp"

#include "store/choices.hpp"
#include "store/fields.hpp"
#include "store/json_columns.hpp"

namespace relayna::store::postgres {

/// Values in the server's text format. Each is a statement's parameter or an array's element.
std::string time_text(core::SystemTime time);
std::string digest_text(const core::Digest& digest);

/// Values of $1, $2, …; the server converts them to what the statement expects. Also the visitor that writes
/// a row.
class Params {
 public:
  Params() = default;
  template <class... T>
    requires(std::constructible_from<std::optional<std::string>, T> && ...)
  explicit Params(T... values) {
    (values_.emplace_back(std::move(values)), ...);
  }
  template <class R>
  static Params row(const R& row) {
    Params params;
    fields(row, params);
    return params;
  }
  [[nodiscard]] const std::vector<std::optional<std::string>>& values() const noexcept { return values_; }

  void id(std::string_view, const std::string& value) { values_.emplace_back(value); }
  void id_or_null(std::string_view, const std::string& value) { text_or_null({}, value); }
  void text(std::string_view, const std::string& value) { values_.emplace_back(value); }
  void text_or_null(std::string_view, const std::string& value) {
    if (value.empty())
      values_.emplace_back(std::nullopt);
    else
      values_.emplace_back(value);
  }
  void flag(std::string_view, bool value) { values_.emplace_back(value ? "t" : "f"); }
  void number(std::string_view, std::int64_t value) { values_.emplace_back(std::to_string(value)); }
  void number_or_null(std::string_view, const std::optional<std::int64_t>& value) {
    values_.push_back(value ? std::optional(std::to_string(*value)) : std::nullopt);
  }
  void time(std::string_view, core::SystemTime value) { values_.emplace_back(time_text(value)); }
  void time_or_null(std::string_view, const std::optional<core::SystemTime>& value) {
    values_.push_back(value ? std::optional(time_text(*value)) : std::nullopt);
  }
  void digest(std::string_view, const core::Digest& value) { values_.emplace_back(digest_text(value)); }
  void digest_or_null(std::string_view, const std::optional<core::Digest>& value) {
    values_.push_back(value ? std::optional(digest_text(*value)) : std::nullopt);
  }
  void policy(std::string_view, const domain::Policy& value) { values_.emplace_back(domain::to_json(value)); }
  template <class T>
  void json(std::string_view, const std::vector<T>& value) {
    values_.emplace_back(to_json(value));
  }
  template <class E>
  void choice(std::string_view, const E& value) {
    values_.emplace_back(std::string(choice_name(value)));
  }

 private:
  std::vector<std::optional<std::string>> values_;
};

}  // namespace relayna::store::postgres
