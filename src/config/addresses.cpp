// Addresses and URLs: form only. Whether a host answers is what `doctor` finds out.
#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "relayna/config/values.hpp"
#include "relayna/core/encoding.hpp"

namespace relayna::config {
namespace {

bool is_ip(int family, const std::string& text) {
  std::array<unsigned char, 16> out{};
  return inet_pton(family, text.c_str(), out.data()) == 1;
}

std::optional<unsigned> small_number(std::string_view text, unsigned max) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value > max) {
    return std::nullopt;
  }
  return value;
}

bool has_blank(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

/// The parts of `scheme://[userinfo@]host[:port][/path][?query][#fragment]`.
struct Url {
  std::string scheme;  // lower case
  std::string_view userinfo, host, port, rest;
  bool has_userinfo = false, has_port = false;
};

std::optional<Url> split_url(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0 || has_blank(text)) return std::nullopt;
  Url url;
  url.scheme = core::to_lower(text.substr(0, colon));
  text.remove_prefix(colon + 3);
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  url.rest = text.substr(end);
  std::string_view authority = text.substr(0, end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.userinfo = authority.substr(0, at);
    url.has_userinfo = true;
    authority.remove_prefix(at + 1);
  }
  std::size_t host_end = authority.rfind(':');
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host_end = close + 1 == authority.size() ? std::string_view::npos : close + 1;
    if (host_end != std::string_view::npos && authority[host_end] != ':') return std::nullopt;
  }
  url.host = authority.substr(0, host_end);
  if (host_end != std::string_view::npos) {
    url.port = authority.substr(host_end + 1);
    url.has_port = true;
  }
  return url;
}

bool host_is_right(std::string_view host) {
  if (host.starts_with('[')) return is_ip(AF_INET6, std::string(host.substr(1, host.size() - 2)));
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  return !host.empty() && host.size() <= 253 && host.find_first_not_of(kAllowed) == std::string_view::npos;
}

Check host_and_port_problem(const Url& url) {
  if (!host_is_right(url.host)) return "must name a host";
  if (url.has_port) {
    const auto port = small_number(url.port, 65'535);
    if (!port || *port == 0) return "must have a port from 1 to 65535";
  }
  return std::nullopt;
}

}  // namespace

Parsed<BindAddress> parse_bind_address(std::string_view text) {
  constexpr std::string_view kMessage = "must be ip:port, [v6]:port or :port, with a port from 0 to 65535";
  text = core::trim(text);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::unexpected(std::string(kMessage));
  const auto port = small_number(text.substr(colon + 1), 65'535);
  std::string ip(text.substr(0, colon));
  if (!port) return std::unexpected(std::string(kMessage));
  if (ip.empty()) return BindAddress{"0.0.0.0", static_cast<std::uint16_t>(*port)};
  const bool bracketed = ip.size() > 2 && ip.front() == '[' && ip.back() == ']';
  if (bracketed) ip = ip.substr(1, ip.size() - 2);
  if (bracketed ? is_ip(AF_INET6, ip) : is_ip(AF_INET, ip)) {
    return BindAddress{std::move(ip), static_cast<std::uint16_t>(*port)};
  }
  if (is_ip(AF_INET6, ip)) return std::unexpected("must have brackets around an IPv6 address");
  return std::unexpected("must name an IP address, not a host name, and a port");
}

Check base_url_problem(std::string_view text, std::initializer_list<std::string_view> schemes) {
  const auto url = split_url(text);
  if (!url || std::find(schemes.begin(), schemes.end(), url->scheme) == schemes.end()) {
    return fmt::format("must be a URL that starts with {}://", fmt::join(schemes, ":// or "));
  }
  if (url->has_userinfo) return "must not contain credentials; they have a setting of their own";
  if (auto problem = host_and_port_problem(*url)) return problem;
  if (url->rest.find_first_of("?#") != std::string_view::npos) return "must not have a query or a fragment";
  return std::nullopt;
}

Check base_url_problem(std::string_view text) {
  return base_url_problem(text, {"http", "https"});
}

Check database_url_problem(std::string_view text) {
  constexpr std::string_view kMessage = "must start with postgres://, postgresql:// or sqlite:///";
  if (has_control_characters(text)) return "must not contain control characters";
  if (text.starts_with("sqlite:")) {
    if (sqlite_path(text)) return std::nullopt;
    return "must be sqlite:/// and the path of a file";
  }
  const auto url = split_url(text);
  if (!url || (url->scheme != "postgres" && url->scheme != "postgresql")) return std::string(kMessage);
  // Several hosts, none (a socket directory in the query) and every parameter are libpq's business.
  if (url->host.empty() && url->rest.empty()) return "must name a host or a database";
  return std::nullopt;
}

Check redis_url_problem(std::string_view text) {
  if (text == "memory://") return std::nullopt;
  const auto url = split_url(text);
  if (!url || (url->scheme != "redis" && url->scheme != "rediss")) {
    return "must start with redis:// or rediss://, or be memory://";
  }
  if (auto problem = host_and_port_problem(*url)) return problem;
  const std::string_view database = url->rest.empty() || url->rest == "/" ? "0" : url->rest.substr(1);
  if ((!url->rest.empty() && url->rest.front() != '/') || !small_number(database, 65'535)) {
    return "must end after the port or in /<database number>";
  }
  return std::nullopt;
}

Check proxy_url_problem(std::string_view text) {
  const auto url = split_url(text);
  if (!url || url->scheme != "http") return "must be a URL that starts with http://";
  if (auto problem = host_and_port_problem(*url)) return problem;
  if (!url->rest.empty() && url->rest != "/") return "must not have a path";
  return std::nullopt;
}

Check origin_problem(std::string_view text) {
  if (text == "*") return std::nullopt;
  const auto url = split_url(text);
  if (!url || url->has_userinfo || !url->rest.empty() || host_and_port_problem(*url)) {
    return "must be `*` or origins such as https://app.example.com, without a path";
  }
  return std::nullopt;
}

Check cidr_problem(std::string_view text) {
  constexpr std::string_view kMessage = "must be IP addresses or CIDR ranges";
  const std::size_t slash = text.find('/');
  const std::string ip(text.substr(0, slash));
  const bool v4 = is_ip(AF_INET, ip);
  if (!v4 && !is_ip(AF_INET6, ip)) return std::string(kMessage);
  if (slash != std::string_view::npos && !small_number(text.substr(slash + 1), v4 ? 32 : 128)) {
    return fmt::format("must have a prefix length from 0 to {}", v4 ? 32 : 128);
  }
  return std::nullopt;
}

std::optional<std::string> sqlite_path(std::string_view database_url) {
  constexpr std::string_view kPrefix = "sqlite://";
  if (!database_url.starts_with(kPrefix)) return std::nullopt;
  database_url.remove_prefix(kPrefix.size());
  if (!database_url.starts_with('/') || database_url.size() < 2 || database_url.ends_with('/')) {
    return std::nullopt;
  }
  return std::string(database_url);
}

}  // namespace relayna::config
