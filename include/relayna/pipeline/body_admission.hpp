#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "relayna/core/result.hpp"

namespace relayna::pipeline {

/// Bounds what request bodies may take of the process: how many are being received at once, and how many
/// bytes are held until their upstream answers. Fail-fast: who does not fit is told to come back
/// (gateway_overloaded, Retry-After: 1). Shared by all shards.
class BodyAdmission {
 public:
  BodyAdmission(std::uint64_t max_requests, std::uint64_t max_bytes)
      : max_requests_(max_requests), max_bytes_(max_bytes) {}
  BodyAdmission(const BodyAdmission&) = delete;
  BodyAdmission& operator=(const BodyAdmission&) = delete;

  /// What one request holds. Gives everything back when destroyed.
  class Lease {
   public:
    Lease() = default;
    explicit Lease(BodyAdmission& owner) : owner_(&owner) {}
    Lease(Lease&& other) noexcept { swap(other); }
    Lease& operator=(Lease&& other) noexcept {
      Lease moved(std::move(other));
      swap(moved);
      return *this;
    }
    ~Lease() { release(); }

    /// Takes a slot; call at the first byte of a body.
    core::Result<void> begin();
    /// Takes room for `bytes` more.
    core::Result<void> grow(std::uint64_t bytes);
    /// The body is complete: its slot is free, its bytes stay accounted for.
    void received() noexcept;
    void release() noexcept;
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

   private:
    void swap(Lease& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(bytes_, other.bytes_);
      std::swap(slot_, other.slot_);
    }
    BodyAdmission* owner_ = nullptr;
    std::uint64_t bytes_ = 0;
    bool slot_ = false;
  };

  [[nodiscard]] Lease lease() { return Lease(*this); }
  [[nodiscard]] std::uint64_t requests() const noexcept { return requests_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t rejections() const noexcept {
    return rejections_.load(std::memory_order_relaxed);
  }

 private:
  core::Result<void> overloaded(const char* what);
  const std::uint64_t max_requests_;
  const std::uint64_t max_bytes_;
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> rejections_{0};
};

}  // namespace relayna::pipeline
