#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "relayna/core/time.hpp"

namespace relayna::telemetry {

/// Writes times as RFC 3339 in UTC, always with six decimals so that lines sort as text. The calendar part is
/// kept for the second it belongs to, which makes a line's time cost a few nanoseconds. One thread.
class Timestamp {
 public:
  void append(std::string& out, core::SystemTime time);

 private:
  std::int64_t second_ = std::numeric_limits<std::int64_t>::min();
  std::string text_;  // up to the seconds
};

}  // namespace relayna::telemetry
