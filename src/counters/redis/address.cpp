#include <charconv>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"
#include "relayna/counters/redis_link.hpp"

namespace relayna::counters {

namespace {

core::Result<RedisAddress> wrong(std::string_view what) {
  return core::fail(core::ErrorCode::invalid_configuration,
                    fmt::format("REDIS_URL {}; write redis://[user:password@]host:port[/database]", what));
}

template <class T>
bool number(std::string_view text, T& into, T most) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc{} && end == text.data() + text.size() && into <= most;
}

}  // namespace

core::Result<RedisAddress> RedisAddress::parse(std::string_view url) {
  RedisAddress address;
  address.origin.port = 6379;
  if (url.starts_with("rediss://")) {
    address.origin.tls = true;
    url.remove_prefix(9);
  } else if (url.starts_with("redis://")) {
    url.remove_prefix(8);
  } else {
    return wrong("has another scheme than redis:// or rediss://");
  }
  if (const auto at = url.rfind('@'); at != std::string_view::npos) {
    const auto credentials = url.substr(0, at);
    url.remove_prefix(at + 1);
    const auto colon = credentials.find(':');
    auto user = core::percent_decode(credentials.substr(0, colon));
    auto password = core::percent_decode(colon == std::string_view::npos ? std::string_view{}
                                                                         : credentials.substr(colon + 1));
    if (!user || !password) return wrong("has a bad percent escape in its credentials");
    address.user = std::move(*user);
    address.password = core::Secret(std::move(*password));
  }
  if (const auto slash = url.find('/'); slash != std::string_view::npos) {
    const auto database = url.substr(slash + 1);
    url = url.substr(0, slash);
    if (!database.empty() && (!number(database, address.database, 1'000'000) || address.database < 0)) {
      return wrong("has a database that is not a number");
    }
  }
  auto host = url;
  std::string_view port;
  if (url.starts_with('[')) {
    const auto close = url.find(']');
    if (close == std::string_view::npos) return wrong("has an unclosed [");
    host = url.substr(1, close - 1);
    if (close + 1 < url.size()) {
      if (url[close + 1] != ':') return wrong("has text after ]");
      port = url.substr(close + 2);
    }
  } else if (const auto colon = url.rfind(':'); colon != std::string_view::npos) {
    host = url.substr(0, colon);
    port = url.substr(colon + 1);
  }
  if (host.empty()) return wrong("names no host");
  if (!port.empty() &&
      (!number<std::uint16_t>(port, address.origin.port, 65535) || address.origin.port == 0)) {
    return wrong("has a port outside 1 to 65535");
  }
  address.origin.host = core::to_lower(host);
  return address;
}

std::string RedisAddress::describe() const {
  return fmt::format("{}:{}/{}", origin.host, origin.port, database);
}

}  // namespace relayna::counters
