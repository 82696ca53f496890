#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "relayna/core/time.hpp"

namespace relayna::identity {

/// Slows guessing down. Subjects are whoever guesses (an address) and whatever is guessed at (an email). An
/// attempt counts as failed from its beginning until `succeeded`, so many at once gain nothing. After some
/// failures each further one doubles the wait; attempts during a wait are refused without counting, so that
/// nobody keeps others out by knocking. Bounded: who has not failed for longest is forgotten first. Not
/// synchronised.
class AttemptThrottle {
 public:
  struct Settings {
    int free_failures = 5;
    std::chrono::seconds first_wait{1};
    std::chrono::seconds longest_wait{900};
    std::chrono::seconds forgotten_after{3'600};  ///< without a failure
    std::size_t subjects = 10'000;
  };

  explicit AttemptThrottle(Settings settings) : settings_(settings) {}

  /// How long `subject` must wait before it may try; zero: not at all.
  [[nodiscard]] std::chrono::seconds wait(std::string_view subject, core::TimePoint now) const;
  /// Counts a failure, or an attempt that may become one.
  void failed(std::string_view subject, core::TimePoint now);
  void succeeded(std::string_view subject);
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    std::string subject;
    int failures = 0;
    core::TimePoint last{};
  };
  [[nodiscard]] bool forgotten(const Entry& entry, core::TimePoint now) const;
  [[nodiscard]] core::Duration wait_after(int failures) const;

  Settings settings_;
  std::list<Entry> entries_;                                                     // the latest failure first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_subject_;  // views into entries_
};

}  // namespace relayna::identity
