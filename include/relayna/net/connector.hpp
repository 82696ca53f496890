#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "relayna/net/address.hpp"
#include "relayna/net/stream.hpp"
#include "relayna/net/tls.hpp"

namespace relayna::net {

/// Where to connect: one pool of connections per distinct value.
struct Origin {
  bool tls = false;
  std::string host;  ///< name or address literal, lower case, no brackets
  std::uint16_t port = 0;
  friend bool operator==(const Origin&, const Origin&) = default;
  friend auto operator<=>(const Origin&, const Origin&) = default;
  /// `https://host:port`
  [[nodiscard]] std::string str() const;
  /// The Host header: the port is left out when it is the scheme's default; IPv6 in brackets.
  [[nodiscard]] std::string authority() const;
};

/// Turns a name into addresses without blocking and calls back on the shard's thread, once; the error is
/// empty on success.
using Lookup = std::function<void(const std::string& host,
                                  std::function<void(std::string error, std::vector<Address>)> done)>;

/// An absolute http(s) URL split up. `path` has no trailing slash (`""` for the root), so `path + "/v1/x"` is
/// right; no query, no fragment, no user info (refused).
struct BaseUrl {
  Origin origin;
  std::string path;
  /// The error is invalid_configuration and its message says what is wrong with the URL.
  static core::Result<BaseUrl> parse(std::string_view url);
};

/// Resolves (asynchronously, cached for 30 s, stale answers kept for 5 min while DNS fails), checks every
/// address against the SSRF policy at the moment of connecting, tries addresses in order, and performs TLS.
/// Through an outbound proxy both schemes go by CONNECT; the proxy resolves names then, so only address
/// literals can be checked. Loopback targets bypass it. Errors: upstream_connection, upstream_timeout,
/// client_closed when stopped. One shard.
class Connector {
 public:
  struct Settings {
    SsrfPolicy ssrf;
    std::shared_ptr<TlsClientContext> tls;  ///< null: https origins fail with a clear error
    std::string outbound_proxy;             ///< `http://[user:password@]host:port`, empty for none
    std::vector<std::string> no_proxy;      ///< host suffixes, addresses, ranges or `*` that bypass it
    Lookup lookup;                          ///< empty: the system's resolver
  };
  Connector(runtime::Shard& shard, Settings settings);
  ~Connector();
  /// A problem of `settings` that would make every connect fail, such as a proxy URL that is none.
  [[nodiscard]] static core::Result<void> check(const Settings& settings);
  /// `stop` may be null.
  runtime::Task<core::Result<std::unique_ptr<Stream>>> connect(Origin origin, core::Deadline deadline,
                                                               runtime::StopSource* stop = nullptr);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace relayna::net
