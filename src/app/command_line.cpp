#include "app/command_line.hpp"

#include <exception>
#include <functional>
#include <map>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "relayna/app/version.hpp"

#include "app/commands/commands.hpp"

namespace relayna::app {

namespace {

/// The flags every command that reads configuration takes.
void add_configuration_flags(CLI::App& command, config::Overrides& overrides) {
  command.add_option_function<std::string>(
      "--file", [&overrides](const std::string& v) { overrides.file = v; },
      "Declarative file (default ./relayna-gateway.yaml when present, or GATEWAY_CONFIG_FILE)");
  command.add_flag_callback(
      "--embedded", [&overrides] { overrides.embedded = true; },
      "Keep state in a SQLite file and counters in the process; no services needed");
  command.add_option_function<std::string>(
      "--data-dir", [&overrides](const std::string& v) { overrides.data_dir = v; },
      "Where embedded mode keeps its data (default ./relayna-data)");
}

void add_port(CLI::App& command, const char* flag, std::optional<int>& into, const char* help) {
  command.add_option_function<int>(flag, [&into](int v) { into = v; }, help)->check(CLI::Range(0, 65535));
}

/// The whole command line and the command it chose.
class CommandLine {
 public:
  CommandLine() : app_("Relayna Gateway: an LLM gateway in one binary", "relayna-gateway") {
    app_.require_subcommand(0, 1);
    app_.set_version_flag("--version", std::string(version()));
    add_start(app_);  // `relayna-gateway --embedded` is `relayna-gateway start --embedded`
    add_start(
        *app_.add_subcommand("start", "Run the gateway in the foreground (also without any subcommand)"));
    add_stop();
    add_status();
    add_validate();
    add_migrate();
    add_keys();
    add_bootstrap_admin();
    add_purge();
    add_doctor();
    add_small_ones();
  }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      const int code = app_.exit(e);
      return code == 0 ? kOk : kUsage;
    }
    return chosen_ ? chosen_() : start(start_);
  }

 private:
  void choose(CLI::App* command, std::function<int()> fn) {
    command->callback([this, fn = std::move(fn)] { chosen_ = fn; });
  }

  void add_start(CLI::App& command) {
    add_configuration_flags(command, start_.overrides);
    add_port(command, "--port", start_.overrides.port, "Proxy port (default 8080)");
    add_port(command, "--control-port", start_.overrides.control_port, "Control port (default 8081)");
    command.add_option_function<std::string>(
        "--pid-file", [this](const std::string& v) { start_.overrides.pid_file = v; },
        "Where the process id is written (default ./.relayna-gateway.pid)");
    command.add_flag("--check", start_.check, "Run doctor first and stop when it finds a problem");
    command.add_flag_callback(
        "--no-migrate", [this] { start_.overrides.run_migrations = false; },
        "Refuse to start while schema migrations are pending");
  }

  void add_stop() {
    auto* command =
        app_.add_subcommand("stop", "Stop the gateway of this directory's pid file and wait for its drain");
    command->add_option("--pid-file", pid_file_, "The pid file it was started with")->capture_default_str();
    choose(command, [this] { return stop(pid_file_); });
  }

  void add_status() {
    auto* command =
        app_.add_subcommand("status", "Ask a running gateway how it is; exit code 3 when none runs");
    add_configuration_flags(*command, status_.overrides);
    command->add_option("--port", status_.port, "Its proxy port")->check(CLI::Range(1, 65535));
    command->add_flag("--json", status_.json, "Print JSON");
    choose(command, [this] { return status(status_); });
  }

  void add_validate() {
    auto* command = app_.add_subcommand("validate", "Check a declarative file without touching a store");
    add_configuration_flags(*command, overrides_);
    choose(command, [this] { return validate(overrides_); });
  }

  void add_migrate() {
    auto* command = app_.add_subcommand("migrate", "Schema migrations of the configured database");
    add_configuration_flags(*command, overrides_);
    const auto action = [this, command](const char* flag, MigrateAction what, const char* help) {
      return command->add_flag_callback(flag, [this, what] { migrate_action_ = what; }, help);
    };
    auto* check = action("--check", MigrateAction::check, "Exit 1 when some are pending");
    auto* apply = action("--apply", MigrateAction::apply, "Apply what is pending");
    auto* list = action("--status", MigrateAction::status, "List them all (also without any flag)");
    check->excludes(apply)->excludes(list);
    apply->excludes(list);
    choose(command, [this] { return migrate(overrides_, migrate_action_); });
  }

  void add_keys() {
    auto* keys = app_.add_subcommand("keys", "Everyday key tasks, beside a running gateway");
    keys->require_subcommand(1);
    auto* create = keys->add_subcommand("create", "Create a virtual key and print its secret, once");
    create->add_option("--name", key_.name, "A name to find it by")->required();
    create->add_option("--project", key_.project, "Name or id of its project");
    create->add_option("--preset", key_.preset, "Start from a preset (developer, production_worker, …)");
    create->add_option("--expires-at", key_.expires_at, "RFC 3339, for example 2027-01-01T00:00:00Z");
    auto* list = keys->add_subcommand("list", "List virtual keys");
    auto* revoke = keys->add_subcommand("revoke", "Revoke a key for good");
    revoke->add_option("id", key_.id, "Its id or name")->required();
    for (auto* command : {create, list, revoke}) {
      add_configuration_flags(*command, key_.overrides);
      command->add_flag("--json", key_.json, "Print JSON");
    }
    choose(create, [this] { return keys_create(key_); });
    choose(list, [this] { return keys_list(key_); });
    choose(revoke, [this] { return keys_revoke(key_); });
  }

  void add_bootstrap_admin() {
    auto* command = app_.add_subcommand("bootstrap-admin",
                                        "Make the first operator and print its token, or say how to get one");
    add_configuration_flags(*command, bootstrap_.overrides);
    command->add_flag("--reset", bootstrap_.reset,
                      "When every token is lost: give the operator `bootstrap` a new one");
    command->add_flag("--json", bootstrap_.json, "Print JSON");
    choose(command, [this] { return bootstrap_admin(bootstrap_); });
  }

  void add_purge() {
    auto* command = app_.add_subcommand(
        "purge",
        "Delete old usage events or audit entries, beside a running gateway; sums, balances and limits stay");
    add_configuration_flags(*command, purge_.overrides);
    command->add_option("--usage-before", purge_.usage_before,
                        "Usage events from before this moment (RFC 3339, for example 2027-01-01T00:00:00Z)");
    command->add_option("--audit-before", purge_.audit_before,
                        "Entries of the audit log from before this moment");
    command->add_flag("--dry-run", purge_.dry_run, "Count them and delete nothing");
    command->add_flag("--json", purge_.json, "Print JSON");
    choose(command, [this] { return purge(purge_); });
  }

  void add_doctor() {
    auto* command =
        app_.add_subcommand("doctor", "Check every dependency and upstream, each on its own line");
    add_configuration_flags(*command, overrides_);
    choose(command, [this] { return doctor(overrides_); });
  }

  void add_small_ones() {
    choose(app_.add_subcommand("version", "Print the version"), [] {
      fmt::print("relayna-gateway {}\n", version());
      return static_cast<int>(kOk);
    });
    auto* pages = app_.add_subcommand("docs", "Print a generated page")->group("");
    pages->add_option("page", page_)->required();
    choose(pages, [this] { return docs(page_); });
  }

  CLI::App app_;
  std::function<int()> chosen_;
  StartOptions start_;
  StatusOptions status_;
  KeyOptions key_;
  BootstrapOptions bootstrap_;
  PurgeOptions purge_;
  MigrateAction migrate_action_ = MigrateAction::status;
  config::Overrides overrides_;
  std::string pid_file_ = ".relayna-gateway.pid";
  std::string page_;
};

}  // namespace

int run_command_line(int argc, char** argv) noexcept {
  try {
    CommandLine line;
    return line.run(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "relayna-gateway: unexpected failure: {}\n", e.what());
    return kFailed;
  }
}

}  // namespace relayna::app
