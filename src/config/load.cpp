// Flag > environment > file > default, for every setting alike.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"

#include "config/raw_values.hpp"

namespace relayna::config {
namespace {

constexpr const char* kDefaultFile = "relayna-gateway.yaml";

struct FileValues {
  RawValues values;
  yaml::Diagnostics diagnostics;
};

FileValues read_file(const std::string& path, const Environment& environment) {
  FileValues file{{}, yaml::Diagnostics(path)};
  const yaml::FileText text = yaml::read_text(path, yaml::kMaxFileBytes);
  if (!text.problem.empty()) {
    file.diagnostics.add({}, "", text.problem);
  } else if (auto root = yaml::parse(text.bytes, file.diagnostics)) {
    file.values = section_values(*root, environment, file.diagnostics);
  }
  return file;
}

/// The flags that stand for a whole setting. `--port` and `--control-port` change a part of one.
RawValues flag_values(const Overrides& flags) {
  RawValues values;
  const auto set = [&](std::string_view name, std::string_view flag, std::optional<std::string> text) {
    if (text && !core::trim(*text).empty()) {
      values[find_setting(name)] = {std::move(*text), std::string(flag), {}, false};
    }
  };
  const auto text_of = [](const std::optional<bool>& value) -> std::optional<std::string> {
    if (!value) return std::nullopt;
    return *value ? "true" : "false";
  };
  set("GATEWAY_CONFIG_FILE", "--file", flags.file);
  set("GATEWAY_EMBEDDED", "--embedded", text_of(flags.embedded));
  set("GATEWAY_DATA_DIR", "--data-dir", flags.data_dir);
  set("GATEWAY_PID_FILE", "--pid-file", flags.pid_file);
  set("GATEWAY_RUN_MIGRATIONS", "--no-migrate", text_of(flags.run_migrations));
  return values;
}

class Loader {
 public:
  Loader(const Environment& environment, const Overrides& overrides)
      : environment_(environment), overrides_(overrides) {}

  Loaded run() {
    const RawValues flags = flag_values(overrides_);
    const RawValues variables = environment_values(environment_, loaded_.problems, loaded_.warnings);
    const std::string path = config_file_path(environment_, overrides_);
    FileValues file{{}, yaml::Diagnostics(path)};
    if (!path.empty()) file = read_file(path, environment_);
    for (const Setting* setting : all_settings()) {
      choose(*setting, {{"flag", &flags}, {"environment", &variables}, {"file", &file.values}},
             file.diagnostics);
    }
    loaded_.settings.config_file = path;
    port("--port", overrides_.port, "GATEWAY_BIND_ADDR", loaded_.settings.bind);
    port("--control-port", overrides_.control_port, "GATEWAY_CONTROL_BIND_ADDR",
         loaded_.settings.control_bind);
    derive_defaults();
    cross_check(loaded_.settings, loaded_.sources, loaded_.problems, loaded_.warnings);
    append_unique(loaded_.problems, file.diagnostics.problems());
    return std::move(loaded_);
  }

 private:
  struct Source {
    std::string_view name;
    const RawValues* values;
  };

  void choose(const Setting& setting, std::initializer_list<Source> by_precedence, yaml::Diagnostics& file) {
    if (!setting.default_text.empty()) assign(loaded_.settings, setting, setting.default_text);
    loaded_.sources[std::string(setting.name)] = "default";
    bool chosen = false;
    for (const Source& source : by_precedence) {
      const auto found = source.values->find(&setting);
      if (found == source.values->end()) continue;
      // A value that is overridden is checked as well: it is wrong even so, and would show up only later.
      Settings unused;
      Settings& target = chosen ? unused : loaded_.settings;
      if (!chosen) loaded_.sources[std::string(setting.name)] = source.name;
      chosen = true;
      if (found->second.broken) continue;
      if (auto problem = assign(target, setting, found->second.text)) {
        report(setting, found->second, *problem, file);
      }
    }
  }

  void report(const Setting& setting, const RawValue& value, const std::string& problem,
              yaml::Diagnostics& file) {
    if (value.where.empty()) {
      file.add(value.mark, setting.file_key, problem, setting.example);
    } else {
      loaded_.problems.push_back({value.where, fmt::format("{}; example: {}", problem, setting.example)});
    }
  }

  void port(std::string_view flag, std::optional<int> port, std::string_view name, BindAddress& address) {
    if (!port) return;
    loaded_.sources[std::string(name)] = "flag";
    if (*port < 0 || *port > 65'535) {
      loaded_.problems.push_back({std::string(flag), "must be a port from 0 to 65535; example: 8080"});
    } else {
      address.port = static_cast<std::uint16_t>(*port);
    }
  }

  [[nodiscard]] bool is_default(const std::string& name) const {
    return loaded_.sources.at(name) == "default";
  }

  /// Defaults that depend on other settings.
  void derive_defaults() {
    Settings& s = loaded_.settings;
    if (s.embedded) embed(s);
    if (is_default("OTEL_TRACES_SAMPLER_ARG") && s.environment != "local") {
      s.extra["OTEL_TRACES_SAMPLER_ARG"] = "0.1";
    }
  }

  void embed(Settings& s) {
    if (is_default("GATEWAY_ECHO")) s.echo = true;
    if (is_default("GATEWAY_STATE_DIR")) s.state_dir = s.data_dir;
    // A shell set up for another program often has a DATABASE_URL; --embedded says where state goes.
    if (!s.database_url.empty() && !sqlite_path(s.database_url)) {
      loaded_.warnings.emplace_back(
          "DATABASE_URL is ignored in embedded mode; state goes to the data directory");
      s.database_url.clear();
    }
    if (!s.redis_url.empty() && s.redis_url != "memory://") {
      loaded_.warnings.emplace_back("REDIS_URL is ignored in embedded mode; counters stay in the process");
    }
    s.redis_url = "memory://";
    if (s.database_url.empty()) {
      std::error_code error;
      const auto absolute = std::filesystem::absolute(s.data_dir, error).lexically_normal();
      s.database_url = fmt::format("sqlite://{}", (absolute / "gateway.db").string());
    }
  }

  const Environment& environment_;
  const Overrides& overrides_;
  Loaded loaded_;
};

}  // namespace

void append_unique(std::vector<Problem>& to, const std::vector<Problem>& from) {
  for (const Problem& problem : from) {
    if (std::find(to.begin(), to.end(), problem) == to.end()) to.push_back(problem);
  }
}

std::string config_file_path(const Environment& environment, const Overrides& overrides) {
  if (overrides.file && !core::trim(*overrides.file).empty()) return std::string(core::trim(*overrides.file));
  const auto variable = environment.find("GATEWAY_CONFIG_FILE");
  if (variable != environment.end() && !core::trim(variable->second).empty()) {
    return std::string(core::trim(variable->second));
  }
  std::error_code error;
  return std::filesystem::exists(kDefaultFile, error) ? kDefaultFile : std::string();
}

Loaded load(const Environment& environment, const Overrides& overrides) {
  return Loader(environment, overrides).run();
}

std::vector<Problem> check_process_sections(const std::string& file, const Environment& environment) {
  FileValues read = read_file(file, environment);
  for (const auto& [setting, value] : read.values) {
    Settings unused;
    if (value.broken) continue;
    if (auto problem = assign(unused, *setting, value.text)) {
      read.diagnostics.add(value.mark, setting->file_key, *problem, setting->example);
    }
  }
  return read.diagnostics.problems();
}

}  // namespace relayna::config
