#include "telemetry/timestamp.hpp"

#include <chrono>

namespace relayna::telemetry {

void Timestamp::append(std::string& out, core::SystemTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (second.time_since_epoch().count() != second_) {
    second_ = second.time_since_epoch().count();
    text_ = core::to_rfc3339(second);
    text_.pop_back();  // the Z
  }
  out.append(text_);
  auto micros = (time - second).count();
  char decimals[] = ".000000Z";
  for (int digit = 6; digit > 0; --digit, micros /= 10)
    decimals[digit] = static_cast<char>('0' + micros % 10);
  out.append(decimals, sizeof decimals - 1);
}

}  // namespace relayna::telemetry
