#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "relayna/core/result.hpp"

namespace relayna::net {

using Address = boost::asio::ip::address;

/// `10.0.0.0/8`, `::1`, `192.168.1.7`. IPv4-mapped IPv6 addresses match their IPv4 form.
class Cidr {
 public:
  static core::Result<Cidr> parse(std::string_view text);
  [[nodiscard]] bool contains(const Address& address) const noexcept;
  [[nodiscard]] std::string str() const;

 private:
  Address base_;
  unsigned prefix_ = 0;
};

/// Which upstream addresses may be connected to. Metadata and link-local addresses are always refused.
struct SsrfPolicy {
  enum class Private : std::uint8_t { allow, deny, listed };
  Private private_addresses = Private::allow;
  std::vector<Cidr> allowed;  ///< with `listed`: the private and loopback ranges that may be reached
  /// Empty when `address` may be connected to, else why not.
  [[nodiscard]] std::string refusal(const Address& address) const;
};

/// Who the client is behind trusted proxies: the rightmost address of X-Forwarded-For that is not itself
/// trusted, when the peer is.
struct TrustedProxies {
  std::vector<Cidr> ranges;
  [[nodiscard]] bool trusts(const Address& peer) const noexcept;
  [[nodiscard]] Address client(const Address& peer, std::string_view x_forwarded_for) const;
};

}  // namespace relayna::net
