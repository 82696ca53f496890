#pragma once

#include <optional>
#include <string>

#include "relayna/config/settings.hpp"

// One function per subcommand. Each prints its result to stdout and its problems to stderr, one line each,
// and returns the exit code.

namespace relayna::app {

struct StartOptions {
  config::Overrides overrides;
  bool check = false;  ///< run doctor first
};
int start(const StartOptions& options);
int stop(const std::string& pid_file);

struct StatusOptions {
  config::Overrides overrides;
  int port = 0;  ///< 0: the configured proxy port
  bool json = false;
};
int status(const StatusOptions& options);
int validate(const config::Overrides& overrides);

enum class MigrateAction { check, apply, status };
int migrate(const config::Overrides& overrides, MigrateAction action);

struct KeyOptions {
  config::Overrides overrides;
  std::string name;
  std::string project;
  std::string preset;
  std::string expires_at;
  std::string id;
  bool json = false;
};
int keys_create(const KeyOptions& options);
int keys_list(const KeyOptions& options);
int keys_revoke(const KeyOptions& options);

struct PurgeOptions {
  config::Overrides overrides;
  std::string usage_before;
  std::string audit_before;
  bool dry_run = false;
  bool json = false;
};
int purge(const PurgeOptions& options);

struct BootstrapOptions {
  config::Overrides overrides;
  bool reset = false;  ///< give `bootstrap` a new token
  bool json = false;
};
int bootstrap_admin(const BootstrapOptions& options);

int doctor(const config::Overrides& overrides);
/// Hidden: prints a generated page (`configuration`, `errors`), for tests/architecture.
int docs(const std::string& page);

}  // namespace relayna::app
