#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include <fmt/format.h>

#include "relayna/net/address.hpp"

namespace relayna::net {
namespace {

namespace ip = boost::asio::ip;

// Ranges by their first bytes. `why` reads after "the address is".
struct Range {
  std::array<unsigned char, 16> base;
  unsigned prefix;
  const char* why;
};

constexpr const char* kMetadata = "a cloud metadata service";
constexpr const char* kLinkLocal = "link-local";

// Never connected to, whatever the setting says.
constexpr Range kForbidden4[] = {
    {{0}, 8, "unspecified"},
    {{169, 254}, 16, kLinkLocal},
    {{100, 100, 100, 200}, 32, kMetadata},  // Alibaba
    {{168, 63, 129, 16}, 32, kMetadata},    // Azure's wire server
    {{192, 0, 0, 192}, 32, kMetadata},      // Oracle
    {{224}, 4, "multicast"},
    {{240}, 4, "reserved or broadcast"},
};
constexpr Range kForbidden6[] = {
    {{}, 128, "unspecified"},
    {{0xfe, 0x80}, 10, kLinkLocal},
    {{0xff}, 8, "multicast"},
    {{0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, kMetadata},  // AWS
    {{0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x23}, 128, kMetadata},     // AWS EKS
    {{0xfd, 0x20, 0, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, kMetadata},  // Google
};

// Under GATEWAY_UPSTREAM_PRIVATE.
constexpr Range kPrivate4[] = {
    {{127}, 8, "loopback"},
    {{10}, 8, "private"},
    {{172, 16}, 12, "private"},
    {{192, 168}, 16, "private"},
    {{100, 64}, 10, "carrier-NAT"},
    {{192, 0, 0}, 24, "reserved"},
    {{198, 18}, 15, "a test network"},
};
constexpr Range kPrivate6[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, "loopback"},
    {{0xfc}, 7, "private"},
    {{0xfe, 0xc0}, 10, "private"},                 // site-local, deprecated
    {{0, 0x64, 0xff, 0x9b, 0, 1}, 48, "private"},  // NAT64 of the local network, RFC 8215
};

template <std::size_t N>
const char* find(const Range (&ranges)[N], std::span<const unsigned char> bytes) {
  for (const auto& range : ranges) {
    const std::size_t whole = range.prefix / 8;
    if (std::memcmp(bytes.data(), range.base.data(), whole) != 0) continue;
    if (range.prefix % 8 == 0) return range.why;
    const auto mask = static_cast<unsigned char>(0xff << (8 - range.prefix % 8));
    if (((bytes[whole] ^ range.base[whole]) & mask) == 0) return range.why;
  }
  return nullptr;
}

// The IPv4 address inside an IPv6 form that routers or the kernel turn back into IPv4.
std::optional<ip::address_v4> embedded_v4(const ip::address_v6::bytes_type& b) {
  const auto at = [&](std::size_t i) {
    return ip::address_v4(ip::address_v4::bytes_type{b[i], b[i + 1], b[i + 2], b[i + 3]});
  };
  const auto begins = [&](std::initializer_list<unsigned char> head) {
    return std::equal(head.begin(), head.end(), b.begin());
  };
  if (begins({0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) {
    const bool mapped = b[10] == 0xff && b[11] == 0xff;
    const bool compatible = b[10] == 0 && b[11] == 0 && (b[12] != 0 || b[13] != 0);
    if (mapped || compatible) return at(12);
  }
  if (begins({0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0})) return at(12);     // SIIT, RFC 2765
  if (begins({0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return at(12);  // NAT64
  if (begins({0x20, 0x02})) return at(2);                                    // 6to4
  if (begins({0x20, 0x01, 0, 0})) {                                          // Teredo: inverted client
    return ip::address_v4(~at(12).to_uint());
  }
  return std::nullopt;
}

struct Verdict {
  const char* forbidden = nullptr;
  const char* private_range = nullptr;
};

Verdict judge(const Address& address) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    return {find(kForbidden4, bytes), find(kPrivate4, bytes)};
  }
  const auto bytes = address.to_v6().to_bytes();
  return {find(kForbidden6, bytes), find(kPrivate6, bytes)};
}

}  // namespace

std::string SsrfPolicy::refusal(const Address& address) const {
  if (address.is_v6()) {
    if (const auto inner = embedded_v4(address.to_v6().to_bytes())) return refusal(*inner);
  }
  const auto verdict = judge(address);
  if (verdict.forbidden != nullptr) {
    return fmt::format("{} is {}, which is never connected to", address.to_string(), verdict.forbidden);
  }
  if (verdict.private_range == nullptr || private_addresses == Private::allow) return {};
  if (private_addresses == Private::listed) {
    for (const auto& range : allowed)
      if (range.contains(address)) return {};
  }
  return fmt::format("{} is {}, which GATEWAY_UPSTREAM_PRIVATE does not allow", address.to_string(),
                     verdict.private_range);
}

}  // namespace relayna::net
