#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"
#include "relayna/net/connector.hpp"

namespace relayna::net {
namespace {

using core::ErrorCode;

constexpr std::size_t kMaxUrl = 2048;
constexpr std::size_t kMaxHost = 253;
constexpr std::size_t kMaxLabel = 63;

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::uint16_t default_port(bool tls) {
  return tls ? 443 : 80;
}

std::unexpected<core::Error> wrong(std::string message) {
  return core::fail(ErrorCode::invalid_configuration, std::move(message));
}

bool valid_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '-' || c == '_'; });
}

// Whether the resolver would read the name as a number: `2130706433`, `0x7f.1`, `127.1`.
bool ends_in_number(std::string_view host) {
  const auto dot = host.rfind('.');
  const auto last = dot == std::string_view::npos ? host : host.substr(dot + 1);
  return last.starts_with("0x") || std::all_of(last.begin(), last.end(), is_digit);
}

core::Result<std::string> parse_name(std::string_view text) {
  auto host = core::to_lower(text);
  if (host.ends_with('.')) host.pop_back();
  if (host.empty()) return wrong("the URL has no host");
  if (host.size() > kMaxHost) return wrong("the URL's host name is too long");
  for (std::string_view rest = host;;) {
    const auto dot = rest.find('.');
    if (!valid_label(rest.substr(0, dot))) {
      return wrong(fmt::format("the URL's host \"{}\" is not a host name or address", host));
    }
    if (dot == std::string_view::npos) break;
    rest = rest.substr(dot + 1);
  }
  if (ends_in_number(host)) {
    boost::system::error_code ec;
    boost::asio::ip::make_address_v4(host, ec);
    if (ec) return wrong(fmt::format("the URL's host \"{}\" is not an IPv4 address of four numbers", host));
  }
  return host;
}

core::Result<std::string> parse_v6(std::string_view text) {
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address_v6(text, ec);
  if (ec || text.find('%') != std::string_view::npos) {
    return wrong(fmt::format("the URL's host [{}] is not an IPv6 address", text));
  }
  return address.to_string();
}

core::Result<std::uint16_t> parse_port(std::string_view text) {
  unsigned value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size() || value == 0 || value > 65535) {
    return wrong(fmt::format("the URL's port \"{}\" is not between 1 and 65535", text));
  }
  return static_cast<std::uint16_t>(value);
}

// `host`, `host:port`, `[v6]`, `[v6]:port`.
core::Result<Origin> parse_authority(std::string_view text, bool tls) {
  Origin origin{tls, {}, default_port(tls)};
  std::string_view after;
  core::Result<std::string> host;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return wrong("the URL's IPv6 address lacks its closing bracket");
    host = parse_v6(text.substr(1, close - 1));
    after = text.substr(close + 1);
    if (!after.empty() && after.front() != ':') return wrong("something follows the URL's IPv6 address");
  } else {
    const auto colon = text.find(':');
    host = parse_name(text.substr(0, colon));
    if (colon != std::string_view::npos) after = text.substr(colon);
  }
  if (!host) return std::unexpected(host.error());
  origin.host = std::move(*host);
  if (!after.empty()) {
    const auto port = parse_port(after.substr(1));
    if (!port) return std::unexpected(port.error());
    origin.port = *port;
  }
  return origin;
}

core::Result<std::string> parse_path(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  for (std::string_view rest = text; !rest.empty();) {
    const auto slash = rest.find('/');
    const auto segment = rest.substr(0, slash);
    const auto decoded = core::percent_decode(segment);
    if (!decoded) return wrong("the URL's path has a broken percent escape");
    if (*decoded == "." || *decoded == "..") return wrong("the URL's path has a \".\" or \"..\" segment");
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  }
  return std::string(text);
}

}  // namespace

std::string Origin::str() const {
  const char* scheme = tls ? "https" : "http";
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? fmt::format("{}://[{}]:{}", scheme, host, port) : fmt::format("{}://{}:{}", scheme, host, port);
}

std::string Origin::authority() const {
  std::string text = host.find(':') != std::string::npos ? fmt::format("[{}]", host) : host;
  if (port != default_port(tls)) text += fmt::format(":{}", port);
  return text;
}

core::Result<BaseUrl> BaseUrl::parse(std::string_view url) {
  if (url.size() > kMaxUrl) return wrong("the URL is longer than 2048 characters");
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f || c == '\\' || c == '"' || c == '<' || c == '>') {
      return wrong("the URL has a space or another character that must be percent-encoded");
    }
  }
  const auto colon = url.find("://");
  const auto scheme = colon == std::string_view::npos ? std::string() : core::to_lower(url.substr(0, colon));
  if (scheme != "http" && scheme != "https") return wrong("the URL must begin with http:// or https://");

  const auto rest = url.substr(colon + 3);
  if (rest.find('?') != std::string_view::npos) return wrong("the URL must not have a query");
  if (rest.find('#') != std::string_view::npos) return wrong("the URL must not have a fragment");
  const auto slash = std::min(rest.find('/'), rest.size());
  const auto authority = rest.substr(0, slash);
  if (authority.find('@') != std::string_view::npos) {
    return wrong("the URL must not contain a user name or password");
  }
  auto origin = parse_authority(authority, scheme == "https");
  if (!origin) return std::unexpected(origin.error());
  auto path = parse_path(rest.substr(slash));
  if (!path) return std::unexpected(path.error());
  return BaseUrl{std::move(*origin), std::move(*path)};
}

}  // namespace relayna::net
