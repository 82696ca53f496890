#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/core/secret.hpp"

namespace relayna::config {

/// An `ip:port` to bind; port 0 picks one.
struct BindAddress {
  std::string ip = "0.0.0.0";
  std::uint16_t port = 0;
};

/// How private and loopback upstream addresses are treated.
struct UpstreamPrivate {
  enum class Mode : std::uint8_t { allow, deny, listed } mode = Mode::allow;
  std::vector<std::string> cidrs;
};

/// Every process setting, in force after flag > environment > file > default (contract section 3.1). Plain
/// values: modules get the parts they need from `app`, nothing else reads this.
struct Settings {
  bool embedded = false;
  std::string data_dir = "./relayna-data";
  std::string state_dir;
  std::string config_file;  ///< the declarative file, empty for none
  std::string database_url;
  std::string redis_url;
  std::string litellm_base_url;
  core::Secret litellm_service_key;
  BindAddress bind{"0.0.0.0", 8080};
  BindAddress control_bind{"0.0.0.0", 8081};
  std::string control_base_path = "/";
  std::string log_level = "info";
  std::string log_format = "json";
  std::string environment = "local";
  core::Secret admin_token;
  bool bootstrap_admin = false;  ///< `identity.bootstrap_admin`: an account for the portal, made once
  std::string bootstrap_admin_email;
  core::Secret bootstrap_admin_password;
  bool bootstrap_admin_require_change = false;
  core::Secret master_key;  ///< 32 raw bytes, empty when unset
  core::Secret master_key_previous;
  std::uint64_t max_request_body_bytes = 33'554'432;
  std::uint64_t max_buffered_requests = 256;
  std::uint64_t max_inflight_buffer_bytes = 536'870'912;
  std::chrono::milliseconds drain_delay{3'000};
  std::chrono::milliseconds graceful{30'000};
  std::string readiness = "strict";
  unsigned threads = 1;
  std::string tls_cert_file, tls_key_file;
  std::string control_tls_cert_file, control_tls_key_file;
  std::vector<std::string> trusted_proxies;
  std::vector<std::string> cors_allowed_origins;
  std::size_t auth_cache_size = 50'000;
  std::chrono::milliseconds auth_cache_ttl{60'000};
  std::chrono::milliseconds auth_cache_soft_bump{300'000};
  std::chrono::milliseconds auth_cache_hard_grace{21'600'000};
  std::string limiter_failure = "closed";
  std::uint64_t replicas = 0;  ///< 0: as many as heartbeats show
  std::chrono::milliseconds lease{15'000};
  std::chrono::milliseconds lease_grace{120'000};
  UpstreamPrivate upstream_private;
  std::string upstream_ca_file;
  std::string outbound_proxy;
  std::vector<std::string> no_proxy;
  std::string direct_openai_base_url;
  core::Secret direct_openai_service_key;
  core::Secret worker_token;
  std::string studio_base_url;
  core::Secret studio_token;
  bool echo = false;
  bool run_migrations = true;
  bool log_message_body = false;
  std::string pid_file = ".relayna-gateway.pid";
  std::uint64_t retention_usage_days = 0;  ///< 0: for ever
  std::uint64_t retention_audit_days = 0;
  /// Settings of features that come later (ENTRA_*, OTEL_*, …), by name, checked for form; nothing set is
  /// dropped.
  std::map<std::string, std::string> extra;
  std::map<std::string, core::Secret> extra_secrets;
};

/// The file a `sqlite:///path` URL names; nullopt for any other URL.
std::optional<std::string> sqlite_path(std::string_view database_url);

/// A problem found while reading configuration: what was set, where, what is wrong and an example of a right
/// value.
struct Problem {
  std::string where;  ///< `GATEWAY_BIND_ADDR`, or `relayna-gateway.yaml:12:5`
  std::string
      message;  ///< one line, no secret; in a file it starts with the key: `providers[0].kind: must …`
  friend bool operator==(const Problem&, const Problem&) = default;
};

/// Appends what is not there yet: reading the process settings and reading the declared objects both meet a
/// file's syntax errors.
void append_unique(std::vector<Problem>& to, const std::vector<Problem>& from);

/// What came from the command line; it wins over everything.
struct Overrides {
  std::optional<std::string> file;
  std::optional<int> port;
  std::optional<int> control_port;
  std::optional<bool> embedded;
  std::optional<std::string> data_dir;
  std::optional<std::string> pid_file;
  std::optional<bool> run_migrations;
};

/// The environment as data, so tests need no setenv.
using Environment = std::map<std::string, std::string>;
Environment process_environment();

/// The result of reading: settings even when there are problems (so that all are found at once), with
/// warnings for deprecated names.
struct Loaded {
  Settings settings;
  std::vector<Problem> problems;
  std::vector<std::string> warnings;
  std::map<std::string, std::string> sources;  ///< setting name → flag | environment | file | default
};

/// The declarative file that would be read: the flag, GATEWAY_CONFIG_FILE, ./relayna-gateway.yaml when it is
/// there, else empty.
std::string config_file_path(const Environment& environment, const Overrides& overrides);

/// Reads everything. Never throws; a file that cannot be read is a problem. Of the file it judges the syntax
/// and the sections of process settings (`server`, `logging`, `telemetry`, `identity`); `declare` judges the
/// rest.
Loaded load(const Environment& environment, const Overrides& overrides);

/// The process settings of a file alone, as `validate` checks them: the form of each value, not whether
/// everything required is there, which depends on the environment of the gateway it is for.
std::vector<Problem> check_process_sections(const std::string& file, const Environment& environment);

/// docs/configuration.md, generated from the declarations; tests/architecture compares.
std::string configuration_markdown();

}  // namespace relayna::config
