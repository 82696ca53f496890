#pragma once

#include <cstddef>

#include "relayna/core/time.hpp"

namespace relayna::runtime {

class DeadlineSweep;

/// Something with a deadline that a shard checks every 50 ms instead of arming a timer per operation. A timer
/// per read costs 4.4 µs (measured); this costs a comparison. One thread.
class Expirable {
 public:
  Expirable() = default;
  Expirable(const Expirable&) = delete;
  Expirable& operator=(const Expirable&) = delete;
  virtual ~Expirable();
  void expires_at(core::Deadline deadline) noexcept { deadline_ = deadline; }
  void expires_never() noexcept { deadline_ = {}; }
  [[nodiscard]] core::Deadline deadline() const noexcept { return deadline_; }

 protected:
  /// Called once per set deadline, up to one sweep interval late; the deadline is already reset to never.
  virtual void on_expired() = 0;

 private:
  friend class DeadlineSweep;
  core::Deadline deadline_;
  DeadlineSweep* sweep_ = nullptr;
  Expirable* prev_ = nullptr;
  Expirable* next_ = nullptr;
};

/// The list a shard sweeps. An Expirable adds itself once and leaves when destroyed.
class DeadlineSweep {
 public:
  DeadlineSweep() = default;
  DeadlineSweep(const DeadlineSweep&) = delete;
  DeadlineSweep& operator=(const DeadlineSweep&) = delete;
  ~DeadlineSweep();
  void add(Expirable& item) noexcept;
  void remove(Expirable& item) noexcept;
  /// Expires everything due at `now`. Items may be added or destroyed from within on_expired.
  void sweep(core::TimePoint now);
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  Expirable* head_ = nullptr;
  Expirable* cursor_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace relayna::runtime
