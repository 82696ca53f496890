#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "relayna/core/time.hpp"
#include "relayna/identity/operator_auth.hpp"

namespace relayna::identity {

/// Who was recognised lately, by the hash of what they showed. Any thread.
class RecentOperators {
 public:
  static constexpr std::chrono::minutes kRemembered{10};
  static constexpr std::size_t kMost = 256;

  explicit RecentOperators(const core::Clock& clock) : clock_(clock) {}
  void remember(const core::Digest& credential, const Identified& who);
  void forget(const core::Digest& credential);
  /// Sessions only until they end.
  [[nodiscard]] std::optional<Identified> find(const core::Digest& credential) const;

 private:
  struct Seen {
    Identified who;
    core::TimePoint at{};
  };
  const core::Clock& clock_;
  mutable std::mutex mutex_;
  std::map<core::Digest, Seen> seen_;
};

}  // namespace relayna::identity
