// Rules about more than one setting, checked once every single value has been read.
#include <fmt/format.h>

#include "relayna/config/values.hpp"
#include "relayna/core/encoding.hpp"

#include "config/raw_values.hpp"

namespace relayna::config {
namespace {

class Rules {
 public:
  Rules(const Settings& settings, const std::map<std::string, std::string>& sources,
        std::vector<Problem>& problems, std::vector<std::string>& warnings)
      : settings_(settings), sources_(sources), problems_(problems), warnings_(warnings) {}

  void run() {
    required("DATABASE_URL");
    required("REDIS_URL");
    both_or_neither("LITELLM_BASE_URL", "LITELLM_SERVICE_KEY");
    both_or_neither("DIRECT_OPENAI_BASE_URL", "DIRECT_OPENAI_SERVICE_KEY");
    both_or_neither("GATEWAY_TLS_CERT_FILE", "GATEWAY_TLS_KEY_FILE");
    both_or_neither("GATEWAY_CONTROL_TLS_CERT_FILE", "GATEWAY_CONTROL_TLS_KEY_FILE");
    two_listeners();
    master_keys();
    message_bodies();
    bootstrap_admin();
    front_doors();
    not_yet();
  }

 private:
  [[nodiscard]] bool is_set(std::string_view name) const {
    const auto found = sources_.find(std::string(name));
    return found != sources_.end() && found->second != "default";
  }
  [[nodiscard]] bool is_true(const std::string& name) const {
    const auto found = settings_.extra.find(name);
    return found != settings_.extra.end() && parse_boolean(found->second).value_or(false);
  }
  void add(std::string_view name, std::string message) {
    problems_.push_back({std::string(name), std::move(message)});
  }

  void required(std::string_view name) {
    if (settings_.embedded || is_set(name)) return;
    add(name, fmt::format("is required; example: {}. Or start with --embedded, which needs no services",
                          find_setting(name)->example));
  }

  void both_or_neither(std::string_view first, std::string_view second) {
    if (is_set(first) == is_set(second)) return;
    const std::string_view missing = is_set(first) ? second : first;
    const std::string_view present = is_set(first) ? first : second;
    add(missing,
        fmt::format("is required because {} is set; example: {}", present, find_setting(missing)->example));
  }

  void two_listeners() {
    const BindAddress& proxy = settings_.bind;
    const BindAddress& control = settings_.control_bind;
    if (proxy.port == 0 || proxy.port != control.port || proxy.ip != control.ip) return;
    add("GATEWAY_CONTROL_BIND_ADDR", fmt::format("must differ from GATEWAY_BIND_ADDR; example: {}",
                                                 find_setting("GATEWAY_CONTROL_BIND_ADDR")->example));
  }

  void master_keys() {
    if (is_set("GATEWAY_MASTER_KEY_PREVIOUS") && !is_set("GATEWAY_MASTER_KEY")) {
      add("GATEWAY_MASTER_KEY",
          fmt::format("is required because GATEWAY_MASTER_KEY_PREVIOUS is set; example: {}",
                      find_setting("GATEWAY_MASTER_KEY")->example));
    }
  }

  void message_bodies() {
    if (!settings_.log_message_body) return;
    const bool production =
        core::iequals(settings_.environment, "prod") || core::iequals(settings_.environment, "production");
    if (production) {
      add("GATEWAY_LOG_MESSAGE_BODY", "is refused when ENVIRONMENT is prod or production; example: false");
    } else {
      warnings_.emplace_back("GATEWAY_LOG_MESSAGE_BODY is on: request bodies are written to the log");
    }
  }

  void bootstrap_admin() {
    if (!settings_.bootstrap_admin) return;
    for (const std::string_view key :
         {"identity.bootstrap_admin.email", "identity.bootstrap_admin.password"}) {
      if (is_set(key)) continue;
      add(key, fmt::format("is required because identity.bootstrap_admin is enabled; example: {}",
                           find_setting(key)->example));
    }
    if (is_set("identity.bootstrap_admin.email") && !address(settings_.bootstrap_admin_email)) {
      add("identity.bootstrap_admin.email", "must be an address; example: admin@example.com");
    }
    constexpr std::size_t kMinPasswordBytes = 12;
    if (is_set("identity.bootstrap_admin.password") &&
        settings_.bootstrap_admin_password.size() < kMinPasswordBytes) {
      add("identity.bootstrap_admin.password",
          "must have at least 12 characters; example: env.BOOTSTRAP_PASSWORD");
    }
  }

  /// The whole judgement is identity's, at start; this catches what was forgotten or mixed up.
  static bool address(std::string_view text) {
    const std::size_t at = text.find('@');
    return at != text.npos && at != 0 && at + 1 != text.size();
  }

  /// Without this a gateway would be open to every key holder while its operator believes a second lock is
  /// on.
  void front_doors() {
    for (const std::string name : {"ENTRA_AUTH_ENABLED", "APIGEE_TRUSTED_HEADER_ENABLED"}) {
      if (is_true(name)) add(name, "is not supported by this version; example: false");
    }
  }

  void not_yet() {
    for (const Setting* setting : all_settings()) {
      if (!setting->later || !is_set(setting->name)) continue;
      if (setting->type.kind == Kind::boolean && !is_true(std::string(setting->name))) continue;
      warnings_.push_back(fmt::format("{} has no effect in this version", setting->name));
    }
  }

  const Settings& settings_;
  const std::map<std::string, std::string>& sources_;
  std::vector<Problem>& problems_;
  std::vector<std::string>& warnings_;
};

}  // namespace

void cross_check(const Settings& settings, const std::map<std::string, std::string>& sources,
                 std::vector<Problem>& problems, std::vector<std::string>& warnings) {
  Rules(settings, sources, problems, warnings).run();
}

}  // namespace relayna::config
