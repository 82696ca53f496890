#include "store/postgres/conninfo.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <libpq-fe.h>

namespace relayna::store::postgres {

namespace {

using Parameters = std::map<std::string, std::string, std::less<>>;

std::optional<Parameters> parse(const std::string& url) {
  if (!url.starts_with("postgres://") && !url.starts_with("postgresql://")) return std::nullopt;
  char* problem = nullptr;  // may quote the password: never read
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.c_str(), &problem), &PQconninfoFree);
  PQfreemem(problem);
  if (!options) return std::nullopt;
  Parameters out;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) out.emplace(option->keyword, option->val);
  }
  return out;
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t comma = list.find(',');
    out.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return out;
    list.remove_prefix(comma + 1);
  }
}

std::string value(const Parameters& parameters, std::string_view name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

void add_defaults(Parameters& parameters, const PostgresSettings& settings) {
  // A server that lost its power is noticed by the kernel: unanswered data after tcp_user_timeout, an idle
  // link by keep-alive. One that merely stops answering is the watchdog's.
  const auto unanswered = settings.connect_timeout + settings.statement_timeout;
  parameters.emplace("application_name", "relayna-gateway");
  parameters.emplace("keepalives", "1");
  parameters.emplace("keepalives_idle", "10");
  parameters.emplace("keepalives_interval", "5");
  parameters.emplace("keepalives_count", "3");
  parameters.emplace("tcp_user_timeout", fmt::format("{}", unanswered.count()));
  parameters["client_encoding"] = "UTF8";
  std::string& options = parameters["options"];
  if (!options.contains("statement_timeout")) {
    if (!options.empty()) options += ' ';
    options += fmt::format("-c statement_timeout={}", settings.statement_timeout.count());
  }
}

/// libpq walks a list of hosts only in its blocking call; ours is walked by the connector.
std::vector<Target> targets(const Parameters& parameters) {
  const auto hosts = split(value(parameters, "host"));
  const auto addresses = split(value(parameters, "hostaddr"));
  const auto ports = split(value(parameters, "port"));
  const std::size_t count = std::max(hosts.size(), addresses.size());
  const auto pick = [](const std::vector<std::string>& list, std::size_t i) {
    return i < list.size() ? list[i] : list[0];
  };
  std::vector<Target> out;
  for (std::size_t i = 0; i < count; ++i) {
    Target target;
    for (const auto& [keyword, text] : parameters) {
      if (keyword == "host")
        target.emplace_back(keyword, pick(hosts, i));
      else if (keyword == "hostaddr")
        target.emplace_back(keyword, pick(addresses, i));
      else if (keyword == "port")
        target.emplace_back(keyword, pick(ports, i));
      else
        target.emplace_back(keyword, text);
    }
    out.push_back(std::move(target));
  }
  return out;
}

std::string display(const Parameters& parameters) {
  const std::string host = value(parameters, parameters.contains("host") ? "host" : "hostaddr");
  const auto hosts = split(host.empty() ? "localhost" : host);
  const auto ports = split(value(parameters, "port"));
  std::string out;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const std::string& port = i < ports.size() ? ports[i] : ports[0];
    if (i > 0) out += ',';
    out += hosts[i].contains(':') ? fmt::format("[{}]", hosts[i]) : hosts[i];
    out += ':';
    out += port.empty() ? "5432" : port;
  }
  // Without a name libpq takes the user's, which is not ours to show.
  return out + '/' + value(parameters, "dbname");
}

}  // namespace

core::Result<ConnectOptions> connect_options(const PostgresSettings& settings) {
  auto parameters = parse(settings.url);
  if (!parameters)
    return core::fail(core::ErrorCode::invalid_configuration,
                      "not a PostgreSQL URL; it looks like postgres://user:password@host:5432/database");
  ConnectOptions out;
  out.connect_timeout = settings.connect_timeout;
  if (const std::string given = value(*parameters, "connect_timeout"); !given.empty()) {
    int seconds = 0;
    std::from_chars(given.data(), given.data() + given.size(), seconds);
    if (seconds > 0) out.connect_timeout = std::chrono::seconds(seconds);
    parameters->erase("connect_timeout");
  }
  out.display = display(*parameters);
  add_defaults(*parameters, settings);
  out.targets = targets(*parameters);
  return out;
}

}  // namespace relayna::store::postgres
