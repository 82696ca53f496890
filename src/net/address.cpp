#include "relayna/net/address.hpp"

#include <charconv>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"

namespace relayna::net {
namespace {

namespace ip = boost::asio::ip;

Address unmapped(const Address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

template <class Bytes>
bool same_prefix(const Bytes& a, const Bytes& b, unsigned prefix) noexcept {
  const std::size_t whole = prefix / 8;
  for (std::size_t i = 0; i < whole; ++i)
    if (a[i] != b[i]) return false;
  const unsigned rest = prefix % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<unsigned char>(0xff << (8 - rest));
  return ((a[whole] ^ b[whole]) & mask) == 0;
}

template <class Bytes>
Bytes masked(Bytes bytes, unsigned prefix) noexcept {
  for (unsigned bit = prefix; bit < bytes.size() * 8; ++bit)
    bytes[bit / 8] &= static_cast<unsigned char>(~(0x80 >> (bit % 8)));
  return bytes;
}

std::optional<unsigned> parse_prefix(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return value;
}

std::optional<Address> parse_address(std::string_view text) {
  if (text.find('%') != std::string_view::npos) return std::nullopt;  // zones mean nothing here
  boost::system::error_code ec;
  auto address = ip::make_address(text, ec);
  if (ec) return std::nullopt;
  return address;
}

// One element of X-Forwarded-For: an address, perhaps with a port.
std::optional<Address> parse_forwarded(std::string_view text) {
  text = core::trim(text);
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const auto after = text.substr(close + 1);
    if (!after.empty() && after.front() != ':') return std::nullopt;
    const auto inside = text.substr(1, close - 1);
    if (inside.find(':') == std::string_view::npos) return std::nullopt;
    return parse_address(inside);
  }
  const auto colon = text.find(':');
  if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    text = text.substr(0, colon);  // IPv4 with a port
  }
  return parse_address(text);
}

}  // namespace

core::Result<Cidr> Cidr::parse(std::string_view text) {
  text = core::trim(text);
  const auto slash = text.find('/');
  const auto wrong = [&] {
    return core::fail(core::ErrorCode::invalid_configuration,
                      fmt::format("\"{}\" is not an address range such as 10.0.0.0/8 or fd00::/8", text));
  };
  const auto base = parse_address(text.substr(0, slash));
  if (!base) return wrong();
  const unsigned most = base->is_v4() ? 32 : 128;
  std::optional<unsigned> prefix = most;
  if (slash != std::string_view::npos) prefix = parse_prefix(text.substr(slash + 1), most);
  if (!prefix) return wrong();

  Cidr cidr;
  cidr.base_ = *base;
  cidr.prefix_ = *prefix;
  if (base->is_v6() && base->to_v6().is_v4_mapped() && *prefix >= 96) {
    cidr.base_ = unmapped(*base);
    cidr.prefix_ = *prefix - 96;
  }
  if (cidr.base_.is_v4()) {
    cidr.base_ = ip::address_v4(masked(cidr.base_.to_v4().to_bytes(), cidr.prefix_));
  } else {
    cidr.base_ = ip::address_v6(masked(cidr.base_.to_v6().to_bytes(), cidr.prefix_));
  }
  return cidr;
}

bool Cidr::contains(const Address& address) const noexcept {
  const Address plain = unmapped(address);
  if (plain.is_v4() != base_.is_v4()) return false;
  if (plain.is_v4()) return same_prefix(plain.to_v4().to_bytes(), base_.to_v4().to_bytes(), prefix_);
  return same_prefix(plain.to_v6().to_bytes(), base_.to_v6().to_bytes(), prefix_);
}

std::string Cidr::str() const {
  const unsigned most = base_.is_v4() ? 32 : 128;
  if (prefix_ == most) return base_.to_string();
  return fmt::format("{}/{}", base_.to_string(), prefix_);
}

bool TrustedProxies::trusts(const Address& peer) const noexcept {
  for (const auto& range : ranges)
    if (range.contains(peer)) return true;
  return false;
}

Address TrustedProxies::client(const Address& peer, std::string_view x_forwarded_for) const {
  // Each trusted hop vouches for the element it appended, so the walk goes from the right and ends at the
  // first address nobody vouches for the left of.
  Address known = unmapped(peer);
  auto rest = x_forwarded_for;
  while (!rest.empty() && trusts(known)) {
    const auto comma = rest.rfind(',');
    const auto element = comma == std::string_view::npos ? rest : rest.substr(comma + 1);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(0, comma);
    const auto address = parse_forwarded(element);
    if (!address) break;
    known = unmapped(*address);
  }
  return known;
}

}  // namespace relayna::net
