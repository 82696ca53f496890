#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "relayna/core/result.hpp"

namespace relayna::store::sqlite {

/// What SQLite or the file system said. Thrown and caught within this folder.
class Failure final : public std::exception {
 public:
  /// `code`: an extended result code. `message`: SQLite's, which names columns and constraints.
  Failure(int code, std::string message) : code_(code), message_(std::move(message)) {}
  [[nodiscard]] int code() const noexcept { return code_; }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  int code_;
  std::string message_;
};

struct Fault {
  core::Error error;
  bool reopen = false;  ///< the file may be another one by now: the connection is of no more use
};

/// The one place that knows SQLite's result codes. `reference`: the field to blame for a dangling reference,
/// which SQLite does not name.
Fault classify(const Failure& failure, std::string_view reference);

}  // namespace relayna::store::sqlite
