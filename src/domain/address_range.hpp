#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace relayna::domain {

/// A CIDR as far as policies need it: is it well-formed, and which of two is the narrower. Matching peers is
/// net::Cidr's business; IPv4-mapped IPv6 ranges count as IPv4 in both.
struct AddressRange {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};  ///< the first four for IPv4
  unsigned prefix = 0;

  static std::optional<AddressRange> parse(std::string_view text) noexcept;
  /// Whether every address of `other` is in this range.
  [[nodiscard]] bool covers(const AddressRange& other) const noexcept;
};

}  // namespace relayna::domain
