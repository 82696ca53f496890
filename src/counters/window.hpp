#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace relayna::counters {

/// Requests and tokens of the last minute, by the second, with kept sums. What counts are the current second
/// and the 60 full seconds before it: whatever 60 s one looks at later, all that happened in them was in the
/// window of the last one, so a limit is never passed in any sliding minute. A minute after the second it
/// happened in is over, nothing counts any more.
///
/// Seconds are Unix time. When the clock steps back a little, the newest second goes on being the current
/// one; what lies more than a minute ahead is dropped. The scripts of Redis do the same (redis/scripts).
class Window {
 public:
  static constexpr std::int64_t kFullSeconds = 60;
  enum class Of : std::uint8_t { requests, tokens };

  /// Forgets what has left. Everything below expects this to have been done for `now`.
  void advance(std::int64_t now);
  void add(std::int64_t now, std::int64_t requests, std::int64_t tokens);
  /// Corrects what counts in `second`; never below nothing. False when that second is not in the window.
  bool correct(std::int64_t second, std::int64_t requests, std::int64_t tokens);

  /// Nothing that was added so far counts any more. What is added from now on is not touched by corrections
  /// of what came before, not even within the present second.
  void forget(Of what, std::int64_t now);

  [[nodiscard]] std::int64_t sum(Of what) const noexcept {
    return what == Of::requests ? requests_ : tokens_;
  }
  /// Seconds until the oldest second that counts leaves; 0 when nothing counts.
  [[nodiscard]] std::int64_t reset(Of what, std::int64_t now) const noexcept;
  /// Seconds until `amount` fits below `limit`, if nothing else comes; nullopt: never.
  [[nodiscard]] std::optional<std::int64_t> wait(Of what, std::int64_t limit, std::int64_t amount,
                                                 std::int64_t now) const noexcept;
  [[nodiscard]] bool empty() const noexcept { return seconds_.empty(); }

  struct Second {
    std::int64_t at = 0;
    std::int64_t requests = 0;
    std::int64_t tokens = 0;
  };
  /// From what was kept elsewhere, oldest first.
  static Window from(std::vector<Second> seconds);

 private:
  std::vector<Second> seconds_;  // oldest first, at most 61 that count
  std::int64_t requests_ = 0;
  std::int64_t tokens_ = 0;
};

}  // namespace relayna::counters
