#include "identity/guessing.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"

namespace relayna::identity {
namespace {

constexpr std::size_t kNetworkBytes = 8;
/// Longer names are nobody's; they may share what they are counted under.
constexpr std::size_t kMaxNameBytes = 128;

std::string network_of(const net::Address& address) {
  if (!address.is_v6() || address.to_v6().is_v4_mapped()) return address.to_string();
  const auto bytes = address.to_v6().to_bytes();
  return core::to_hex(std::span(bytes).first<kNetworkBytes>());
}

}  // namespace

Guessing::Subjects::Subjects(const net::Address& address, std::string_view name)
    : keys{"from " + network_of(address),
           fmt::format("at {}", core::to_lower(name.substr(0, kMaxNameBytes)))} {}

core::Result<void> Guessing::begin(const Subjects& subjects) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  auto wait = std::chrono::seconds::zero();
  for (const auto& key : subjects.keys) wait = std::max(wait, throttle_.wait(key, now));
  if (wait > std::chrono::seconds::zero()) {
    return std::unexpected(core::Error(core::ErrorCode::too_many_attempts).with_retry_after(wait));
  }
  for (const auto& key : subjects.keys) throttle_.failed(key, now);
  return {};
}

void Guessing::succeeded(const Subjects& subjects) {
  const std::lock_guard lock(mutex_);
  for (const auto& key : subjects.keys) throttle_.succeeded(key);
}

}  // namespace relayna::identity
