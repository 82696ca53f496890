#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "relayna/dialect/dialect.hpp"
#include "relayna/json/scan.hpp"

#include "dialect/usage/gemini_counts.hpp"

namespace relayna::dialect {

/// The members of a JSON answer that tell its usage. Of an array (how Gemini streams without `alt=sse`) each
/// element is an answer, and later ones complete what earlier ones said.
class JsonWatch {
 public:
  explicit JsonWatch(Operation operation);
  void feed(std::string_view bytes, Usage& usage);
  /// Nothing can follow that changes the usage: true but for an array that has not ended.
  [[nodiscard]] bool whole() const noexcept { return !array_ || ended_; }

 private:
  void feed_answer(std::string_view bytes, Usage& usage);
  void feed_array(std::string_view bytes, Usage& usage);
  void begin_answer();
  std::optional<json::Value> changed(std::string_view key, std::optional<std::string>& seen);
  void take(json::Value value, Usage& usage);

  Operation operation_;
  bool begun_ = false;
  json::StreamingCapture capture_;
  std::optional<std::string> seen_usage_;
  std::optional<std::string> seen_model_;
  GeminiCounts gemini_counts_;
  // Where in an array the bytes stand.
  bool array_ = false;
  bool ended_ = false;
  bool in_string_ = false;
  bool escaped_ = false;
  std::size_t depth_ = 0;  // inside the current element; 0 is between two
};

}  // namespace relayna::dialect
