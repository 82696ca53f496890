#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/secret.hpp"
#include "relayna/net/connector.hpp"

namespace relayna::net {

/// Where the egress proxy is and how to identify to it.
struct OutboundProxy {
  Origin origin;
  core::Secret authorization;  ///< value of Proxy-Authorization, empty for none

  /// `http://[user:password@]host:port`. The error's message never repeats the credentials.
  static core::Result<OutboundProxy> parse(std::string_view url);
};

/// Whether `origin` is reached directly: loopback always is, the rest as NO_PROXY says (`*`, a host and its
/// subdomains, an address, a range; each optionally with a port).
bool bypasses_proxy(const Origin& origin, const std::vector<std::string>& no_proxy);

/// Asks the proxy at the other end of `stream` for a tunnel to `origin`. The stream's own deadline and
/// cancellation bound it. Errors: upstream_connection, upstream_timeout, client_closed.
runtime::Task<core::Result<void>> open_tunnel(Stream& stream, Origin origin, core::Secret authorization);

}  // namespace relayna::net
