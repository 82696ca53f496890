#include "relayna/pipeline/body_admission.hpp"

namespace relayna::pipeline {

core::Result<void> BodyAdmission::overloaded(const char* what) {
  rejections_.fetch_add(1, std::memory_order_relaxed);
  return std::unexpected(
      core::Error(core::ErrorCode::gateway_overloaded, {}, what).with_retry_after(std::chrono::seconds(1)));
}

core::Result<void> BodyAdmission::Lease::begin() {
  if (owner_ == nullptr || slot_) return {};
  if (owner_->requests_.fetch_add(1, std::memory_order_relaxed) >= owner_->max_requests_) {
    owner_->requests_.fetch_sub(1, std::memory_order_relaxed);
    return owner_->overloaded("GATEWAY_MAX_BUFFERED_REQUESTS reached");
  }
  slot_ = true;
  return {};
}

core::Result<void> BodyAdmission::Lease::grow(std::uint64_t bytes) {
  if (owner_ == nullptr) return {};
  if (owner_->bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes > owner_->max_bytes_) {
    owner_->bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    return owner_->overloaded("GATEWAY_MAX_INFLIGHT_BUFFER_BYTES reached");
  }
  bytes_ += bytes;
  return {};
}

void BodyAdmission::Lease::received() noexcept {
  if (slot_) owner_->requests_.fetch_sub(1, std::memory_order_relaxed);
  slot_ = false;
}

void BodyAdmission::Lease::release() noexcept {
  if (owner_ == nullptr) return;
  received();
  owner_->bytes_.fetch_sub(bytes_, std::memory_order_relaxed);
  bytes_ = 0;
}

}  // namespace relayna::pipeline
