#pragma once

#include <array>
#include <mutex>
#include <string>
#include <string_view>

#include "relayna/core/result.hpp"
#include "relayna/core/time.hpp"
#include "relayna/net/address.hpp"

#include "identity/attempt_throttle.hpp"

namespace relayna::identity {

/// The throttle of everything an operator can be guessed by, for several threads.
class Guessing {
 public:
  /// Who guesses and what at. An IPv6 client counts by its /64, of which it has every address.
  struct Subjects {
    Subjects(const net::Address& address, std::string_view name);
    std::array<std::string, 2> keys;
  };

  explicit Guessing(const core::Clock& clock, AttemptThrottle::Settings settings = {})
      : clock_(clock), throttle_(settings) {}

  /// Begins an attempt, which counts as failed until `succeeded`. too_many_attempts with retry_after.
  core::Result<void> begin(const Subjects& subjects);
  void succeeded(const Subjects& subjects);

 private:
  const core::Clock& clock_;
  std::mutex mutex_;
  AttemptThrottle throttle_;
};

}  // namespace relayna::identity
