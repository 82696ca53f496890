#include "relayna/core/ids.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "relayna/core/crypto.hpp"
#include "relayna/core/encoding.hpp"
#include "relayna/core/id_age.hpp"

namespace relayna::core {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::array<std::size_t, 4> kDashes{8, 13, 18, 23};

// Ids of one millisecond are told apart by a counter of 20 bits: the 12 of rand_a and the first 8 of rand_b
// (RFC 9562, section 6.2, method 1). It starts random in its lower half, so it has room to count.
constexpr std::uint32_t kCounterBits = 20;
constexpr std::uint32_t kCounterEnd = 1U << kCounterBits;
constexpr std::uint32_t kCounterTailBits = 8;

bool is_dash(std::size_t i) {
  return std::ranges::find(kDashes, i) != kDashes.end();
}

// Where the two digits of each byte stand.
constexpr std::array<std::uint8_t, 16> kBytesAt{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
constexpr std::uint8_t kNoDigit = 0xFF;
constexpr std::array<std::uint8_t, 256> kDigitValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::uint8_t i = 0; i < 10; ++i) values['0' + i] = i;
  for (std::uint8_t i = 0; i < 6; ++i) values['a' + i] = values['A' + i] = 10 + i;
  return values;
}();

std::uint8_t digit_at(std::string_view text, std::size_t i) {
  return kDigitValues[static_cast<unsigned char>(text[i])];
}

}  // namespace

void Uuid::write(char (&out)[36]) const noexcept {
  std::size_t at = 0;
  for (const std::uint8_t b : bytes) {
    if (is_dash(at)) out[at++] = '-';
    out[at++] = kHexDigits[b >> 4U];
    out[at++] = kHexDigits[b & 0xFU];
  }
}

std::string Uuid::str() const {
  char text[36];
  write(text);
  return {text, sizeof text};
}

std::optional<Uuid> Uuid::parse(std::string_view text) noexcept {
  if (text.size() != 36) return std::nullopt;
  if (!std::ranges::all_of(kDashes, [&](std::size_t i) { return text[i] == '-'; })) return std::nullopt;
  Uuid uuid;
  std::uint8_t seen = 0;
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    const std::uint8_t high = digit_at(text, kBytesAt[i]);
    const std::uint8_t low = digit_at(text, kBytesAt[i] + 1);
    seen |= high | low;  // above 15 only when one is no digit
    uuid.bytes[i] = static_cast<std::uint8_t>(high << 4U | low);
  }
  if (seen > 15) return std::nullopt;
  return uuid;
}

IdGenerator::IdGenerator(const Clock& clock) : clock_(&clock) {
  std::array<std::uint8_t, sizeof state_> seed{};
  do {
    random_bytes(seed);
    std::memcpy(state_.data(), seed.data(), seed.size());
  } while (std::ranges::all_of(state_, [](std::uint64_t s) { return s == 0; }));
}

std::uint64_t IdGenerator::random64() {
  // xoshiro256++ (Blackman and Vigna, public domain).
  auto& s = state_;
  const std::uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
  const std::uint64_t t = s[1] << 17U;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = std::rotl(s[3], 45);
  return result;
}

Uuid IdGenerator::uuid7() {
  const auto wall = std::chrono::floor<std::chrono::milliseconds>(clock_->wall()).time_since_epoch().count();
  const std::uint64_t now = wall > 0 ? static_cast<std::uint64_t>(wall) : 0;
  // A clock that went backwards, or a counter that ran out, keeps the order by borrowing from the future.
  if (now > last_ms_) {
    last_ms_ = now;
    counter_ = static_cast<std::uint32_t>(random64() >> (64U - (kCounterBits - 1)));
  } else if (++counter_ == kCounterEnd) {
    ++last_ms_;
    counter_ = 0;
  }
  const std::uint64_t head = last_ms_ << 16U | 0x7000U | counter_ >> kCounterTailBits;
  const std::uint64_t counter_tail = counter_ & ((1U << kCounterTailBits) - 1);
  const std::uint64_t random_tail = random64() >> (2U + kCounterTailBits);
  const std::uint64_t tail = std::uint64_t{1} << 63U | counter_tail << (62U - kCounterTailBits) | random_tail;
  Uuid uuid;
  for (unsigned i = 0; i < 8; ++i) {
    uuid.bytes[i] = static_cast<std::uint8_t>(head >> (56U - 8U * i));
    uuid.bytes[8 + i] = static_cast<std::uint8_t>(tail >> (56U - 8U * i));
  }
  return uuid;
}

std::array<std::uint8_t, 16> IdGenerator::trace_id() {
  std::array<std::uint64_t, 2> words{};
  do {
    words = {random64(), random64()};
  } while (words[0] == 0 && words[1] == 0);
  return std::bit_cast<std::array<std::uint8_t, 16>>(words);
}

std::array<std::uint8_t, 8> IdGenerator::span_id() {
  std::uint64_t word = 0;
  do {
    word = random64();
  } while (word == 0);
  return std::bit_cast<std::array<std::uint8_t, 8>>(word);
}

std::size_t IdAgeHash::operator()(const std::string& id) const noexcept {
  const auto uuid = Uuid::parse(id);
  if (!uuid) return std::hash<std::string>{}(id);
  constexpr unsigned kPlaceBits = 5;
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    head = head << 8U | uuid->bytes[i];
    tail = tail << 8U | uuid->bytes[8 + i];
  }
  const std::uint64_t milliseconds = head >> 16U;
  const std::uint64_t place = tail >> (62U - kCounterTailBits) & ((1U << kPlaceBits) - 1);
  return milliseconds << kPlaceBits | place;
}

std::string new_token(std::string_view prefix) {
  std::array<std::uint8_t, 32> secret{};
  random_bytes(secret);
  return std::string(prefix) + to_hex(secret);
}

}  // namespace relayna::core
