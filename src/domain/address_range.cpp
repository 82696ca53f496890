#include "domain/address_range.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>

namespace relayna::domain {
namespace {

std::optional<unsigned> parse_prefix(std::string_view text, unsigned max) noexcept {
  unsigned value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || ec != std::errc{} || end != text.data() + text.size() || value > max) {
    return std::nullopt;
  }
  if (text.size() > 1 && text.front() == '0') return std::nullopt;  // `/08`: net::Cidr refuses it too
  return value;
}

// `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
void normalise_mapped(AddressRange& range) noexcept {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!range.v6 || range.prefix < 96 || !std::equal(kMapped.begin(), kMapped.end(), range.bytes.begin())) {
    return;
  }
  std::copy(range.bytes.begin() + 12, range.bytes.end(), range.bytes.begin());
  std::fill(range.bytes.begin() + 4, range.bytes.end(), std::uint8_t{0});
  range.v6 = false;
  range.prefix -= 96;
}

}  // namespace

std::optional<AddressRange> AddressRange::parse(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  char buffer[INET6_ADDRSTRLEN + 1];
  if (address.empty() || address.size() >= sizeof buffer || address.find('\0') != address.npos) {
    return std::nullopt;
  }
  std::memcpy(buffer, address.data(), address.size());
  buffer[address.size()] = '\0';

  AddressRange range;
  range.v6 = address.find(':') != address.npos;
  if (inet_pton(range.v6 ? AF_INET6 : AF_INET, buffer, range.bytes.data()) != 1) return std::nullopt;
  const unsigned bits = range.v6 ? 128 : 32;
  range.prefix = bits;
  if (slash != text.npos) {
    const auto prefix = parse_prefix(text.substr(slash + 1), bits);
    if (!prefix) return std::nullopt;
    range.prefix = *prefix;
  }
  normalise_mapped(range);
  return range;
}

bool AddressRange::covers(const AddressRange& other) const noexcept {
  if (v6 != other.v6 || prefix > other.prefix) return false;
  const std::size_t whole = prefix / 8;
  if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(whole), other.bytes.begin())) {
    return false;
  }
  const unsigned rest = prefix % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return ((bytes[whole] ^ other.bytes[whole]) & mask) == 0;
}

}  // namespace relayna::domain
