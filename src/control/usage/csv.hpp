#pragma once

#include <string>
#include <string_view>

#include "relayna/json/document.hpp"

namespace relayna::control {

/// Writes CSV as RFC 4180 has it: lines end with CRLF, and cells are quoted when they must be. A text that a
/// spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@` or a control character) gets an
/// apostrophe before it.
class CsvWriter {
 public:
  void text(std::string_view cell);
  /// null is an empty cell; numbers and booleans are written as in JSON.
  void value(const json::Document& cell);
  void end_row();
  /// What was written since.
  std::string take();

 private:
  void separate();
  std::string out_;
  bool row_begun_ = false;
};

}  // namespace relayna::control
