#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "relayna/core/time.hpp"

namespace relayna::core {

/// 128 bits, RFC 9562. Ordered by its bytes, which for version 7 is the order of creation.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
  [[nodiscard]] bool is_nil() const noexcept { return *this == Uuid{}; }
  /// 36 characters, lower case.
  [[nodiscard]] std::string str() const;
  void write(char (&out)[36]) const noexcept;
  static std::optional<Uuid> parse(std::string_view text) noexcept;
};

struct UuidHash {
  std::size_t operator()(const Uuid& u) const noexcept {
    std::size_t h;
    __builtin_memcpy(&h, u.bytes.data() + 8, sizeof h);
    return h;
  }
};

/// Makes ids without a system call each: a ChaCha-seeded generator per instance. One thread.
class IdGenerator {
 public:
  explicit IdGenerator(const Clock& clock = real_clock());
  /// UUIDv7; strictly increasing within one generator.
  Uuid uuid7();
  /// 16 random bytes, never all zero: a W3C trace id.
  std::array<std::uint8_t, 16> trace_id();
  /// 8 random bytes, never all zero: a W3C span id.
  std::array<std::uint8_t, 8> span_id();
  std::uint64_t random64();

 private:
  const Clock* clock_;
  std::array<std::uint64_t, 4>
      state_{};  // xoshiro256++, seeded from the system's randomness; ids are unique, not secret
  std::uint64_t last_ms_ = 0;
  std::uint32_t counter_ = 0;
};

/// A new secret of our own format: `prefix` (for example `rk_live_`) + 64 hex characters from the system's
/// randomness.
std::string new_token(std::string_view prefix);

}  // namespace relayna::core
