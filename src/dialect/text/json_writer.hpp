#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "relayna/json/reader.hpp"

namespace relayna::dialect {

/// Writes compact JSON front to back into one string; commas come by themselves. The caller balances begin
/// and end. Nothing it writes holds a line break, so a document fits one `data:` line.
class JsonWriter {
 public:
  JsonWriter() = default;
  /// Goes on inside of an object of which `written` is the beginning, up to the end of a member.
  static JsonWriter continuing(std::string_view written) {
    JsonWriter writer;
    writer.out_ = written;
    writer.comma_ = true;
    return writer;
  }

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(std::nullptr_t) { return raw("null"); }
  JsonWriter& value(std::same_as<bool> auto flag) { return raw(flag ? "true" : "false"); }
  template <std::integral Number>
    requires(!std::same_as<Number, bool>)
  JsonWriter& value(Number number) {
    return integer(static_cast<std::int64_t>(number));
  }
  JsonWriter& value(std::same_as<double> auto number) { return real(number); }
  /// Everything below `value`, rewritten compactly; null when absent.
  JsonWriter& value(json::Value value);
  /// One complete JSON value.
  JsonWriter& raw(std::string_view json);

  template <class T>
  JsonWriter& field(std::string_view name, const T& what) {
    return key(name).value(what);
  }
  JsonWriter& raw_field(std::string_view name, std::string_view json) { return key(name).raw(json); }

  [[nodiscard]] const std::string& str() const noexcept { return out_; }
  std::string take() { return std::move(out_); }

 private:
  JsonWriter& integer(std::int64_t number);
  JsonWriter& real(double number);
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();
  std::string out_;
  bool comma_ = false;
};

}  // namespace relayna::dialect
