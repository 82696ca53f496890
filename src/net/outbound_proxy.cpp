#include "net/outbound_proxy.hpp"

#include <array>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"

#include "net/errors.hpp"

namespace relayna::net {
namespace {

constexpr std::size_t kMaxAnswer = std::size_t{16} * 1024;

std::unexpected<core::Error> wrong(std::string message) {
  return core::fail(core::ErrorCode::invalid_configuration, std::move(message));
}

core::Result<core::Secret> basic_authorization(std::string_view user_info) {
  const auto colon = user_info.find(':');
  const auto user = core::percent_decode(user_info.substr(0, colon));
  const auto password = core::percent_decode(colon == std::string_view::npos ? std::string_view{}
                                                                             : user_info.substr(colon + 1));
  if (!user || !password) return wrong("the user name or password of the proxy URL has a broken escape");
  return core::Secret("Basic " + core::to_base64(*user + ":" + *password));
}

bool is_loopback(const std::string& host) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(host, ec);
  return !ec && address.is_loopback();
}

// Splits `host:port`; an IPv6 address or range has more than one colon and no port here.
bool take_port(std::string_view& entry, std::uint16_t port) {
  const auto colon = entry.find(':');
  if (colon == std::string_view::npos || entry.find(':', colon + 1) != std::string_view::npos) return true;
  const bool same = entry.substr(colon + 1) == fmt::format("{}", port);
  entry = entry.substr(0, colon);
  return same;
}

bool entry_matches(std::string_view entry, const Origin& origin) {
  const auto lower = core::to_lower(core::trim(entry));
  std::string_view rule = lower;
  if (rule.empty()) return false;
  if (rule == "*") return true;
  if (!take_port(rule, origin.port)) return false;
  boost::system::error_code not_address;
  const auto address = boost::asio::ip::make_address(origin.host, not_address);
  if (!not_address) {
    const auto range = Cidr::parse(rule);
    return range && range->contains(address);
  }
  if (rule.starts_with("*.")) rule.remove_prefix(2);
  if (rule.starts_with('.')) rule.remove_prefix(1);
  if (rule.empty()) return false;
  const std::string_view host = origin.host;
  return host == rule ||
         (host.size() > rule.size() && host.ends_with(rule) && host[host.size() - rule.size() - 1] == '.');
}

// The status of `HTTP/1.x nnn …`, or 0.
int status_of(std::string_view head) {
  if (!head.starts_with("HTTP/1.") || head.size() < 12 || head[8] != ' ') return 0;
  int status = 0;
  for (const char c : head.substr(9, 3)) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

}  // namespace

core::Result<OutboundProxy> OutboundProxy::parse(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  OutboundProxy proxy;
  std::string plain(url);
  if (const auto at = url.rfind('@'); at != std::string_view::npos && url.starts_with(kScheme)) {
    auto authorization = basic_authorization(url.substr(kScheme.size(), at - kScheme.size()));
    if (!authorization) return std::unexpected(authorization.error());
    proxy.authorization = std::move(*authorization);
    plain = std::string(kScheme) + std::string(url.substr(at + 1));
  }
  auto base = BaseUrl::parse(plain);
  if (!base) return std::unexpected(base.error());
  if (base->origin.tls) return wrong("the proxy URL must begin with http://");
  if (!base->path.empty()) return wrong("the proxy URL must not have a path");
  proxy.origin = std::move(base->origin);
  return proxy;
}

bool bypasses_proxy(const Origin& origin, const std::vector<std::string>& no_proxy) {
  if (is_loopback(origin.host)) return true;
  for (const auto& entry : no_proxy)
    if (entry_matches(entry, origin)) return true;
  return false;
}

runtime::Task<core::Result<void>> open_tunnel(Stream& stream, Origin origin, core::Secret authorization) {
  const bool v6 = origin.host.find(':') != std::string::npos;
  const auto target =
      v6 ? fmt::format("[{}]:{}", origin.host, origin.port) : fmt::format("{}:{}", origin.host, origin.port);
  const auto doing = "proxy tunnel to " + target;

  auto request = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", target);
  if (!authorization.empty()) {
    request.append("Proxy-Authorization: ").append(authorization.reveal()).append("\r\n");
  }
  request += "\r\n";
  const std::array<std::string_view, 1> pieces{request};
  const auto sent = co_await write_all(stream, pieces);
  if (!sent.ok()) co_return std::unexpected(setup_failed(sent.status, doing));

  std::string answer;
  auto end = std::string::npos;
  while (end == std::string::npos) {
    if (answer.size() > kMaxAnswer) {
      co_return std::unexpected(connection_failed(doing + ": the proxy's answer is too large"));
    }
    std::array<char, 1024> buffer;
    const auto got = co_await read_some(stream, buffer);
    if (!got.ok()) co_return std::unexpected(setup_failed(got.status, doing));
    answer.append(buffer.data(), got.bytes);
    end = answer.find("\r\n\r\n");
  }
  const int status = status_of(answer);
  if (status < 200 || status > 299) {
    co_return std::unexpected(
        connection_failed(status == 0 ? doing + ": the proxy does not speak HTTP"
                                      : fmt::format("{}: the proxy answered {}", doing, status)));
  }
  // Neither a TLS nor an HTTP server speaks first.
  if (end + 4 != answer.size()) {
    co_return std::unexpected(connection_failed(doing + ": the proxy sent bytes of its own"));
  }
  co_return core::Result<void>{};
}

}  // namespace relayna::net
