// Every setting of the tables: good, bad, empty and blank, from the environment and from the file.
#include <set>

#include <fmt/format.h>

#include "config/setting.hpp"
#include "fixture.hpp"

namespace relayna::config {
namespace {

using testing::HasSubstr;

constexpr std::string_view kKey32 = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

struct Texts {
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

Texts texts_for(const Setting& setting) {
  const Type& type = setting.type;
  switch (type.kind) {
    case Kind::text:
      return {{"some text"}, {"a\tb"}};
    case Kind::path:
      return {{"/some/path"}, {"/some\tpath"}};
    case Kind::boolean:
      return {{"true", "NO", "1"}, {"sometimes", "truee", "2"}};
    case Kind::integer:
      return {{std::to_string(type.min), std::to_string(type.max)},
              {std::to_string(type.min - 1), std::to_string(type.max + 1), "-1", "many", "1.5"}};
    case Kind::threads:
      return {{"1", "256", "auto", "AUTO"}, {"0", "257", "all"}};
    case Kind::ratio:
      return {{"0", "0.5", "1"}, {"1.5", "-1", "x"}};
    case Kind::duration:
      return {{fmt::format("{}ms", type.min), fmt::format("{}ms", type.max)},
              {"-1", "1 day", fmt::format("{}ms", type.max + 1), "soon"}};
    case Kind::address:
      return {{"127.0.0.1:0", "[::1]:9", ":80"}, {"localhost:80", "80", "127.0.0.1"}};
    case Kind::choice:
      return {{std::string(type.choices[0]), std::string(type.choices[1])},
              {"other", std::string(type.choices[0]) + "x"}};
    case Kind::choice_list:
      return {{std::string(type.choices[0]), fmt::format("{},{}", type.choices[0], type.choices[1])},
              {"HS256", "RS256,none"}};
    case Kind::base_path:
      return {{"/", "/gateway"}, {"gateway", "//x", "/../x", "/a b"}};
    case Kind::base_url:
      return {{"http://h:1/x", "https://h"}, {"h:1", "ftp://h", "http://u:p@h"}};
    case Kind::database_url:
      return {{"postgres://h/d", "postgresql://u:p@h/d", "sqlite:///x/y.db"},
              {"mysql://h/d", "sqlite:///", "h"}};
    case Kind::redis_url:
      return {{"redis://h:1/2", "rediss://u:p@h", "memory://"}, {"http://h", "redis://h/x", "h:1"}};
    case Kind::proxy_url:
      return {{"http://p:3128", "http://u:p@p:1"}, {"https://p", "p:3128", "http://p/x"}};
    case Kind::cidr_list:
      return {{"10.0.0.0/8", "::1, 192.168.1.7"}, {"10.0.0.0/33", "host", "10.0.0.0/8, x"}};
    case Kind::origin_list:
      return {{"*", "https://a.example, https://b.example:1"}, {"a.example", "https://a/x"}};
    case Kind::text_list:
      return {{"a", "a, b"}, {"a\tb"}};
    case Kind::upstream_private:
      return {{"allow", "deny", "10.0.0.0/8, fd00::/8"}, {"some", "allow,deny"}};
    case Kind::log_filter:
      return {{"debug", "proxy=debug,info"}, {"loud", "a=b", "info,info"}};
    case Kind::header_name:
      return {{"X-Key"}, {"X Key", "X:Key"}};
    case Kind::header_list:
      return {{"a=b", "a=b, c=d"}, {"a", "a b=c"}};
    case Kind::operator_token:
      return {{"op_live_" + std::string(64, '0')}, {"op_live_short", "rk_live_" + std::string(64, '0')}};
    case Kind::key32:
      return {{std::string(kKey32)}, {"tooshort", std::string(44, '!'), "MDEyMzQ1Njc4OWFiY2RlZg=="}};
  }
  return {};
}

class EverySetting : public testing::Test {
 protected:
  const Setting& setting() const { return *current_; }
  static std::vector<const Setting*> where(bool (*applies)(const Setting&)) {
    std::vector<const Setting*> found;
    for (const Setting* setting : all_settings()) {
      if (applies(*setting)) found.push_back(setting);
    }
    EXPECT_FALSE(found.empty());
    return found;
  }
  std::string name() const { return std::string(setting().name); }
  /// A file with only this setting; two lines for each level of its key.
  std::string file_text(std::string_view value) const {
    std::string text, indent;
    std::string_view key = setting().file_key;
    while (true) {
      const std::size_t dot = key.find('.');
      text += indent + std::string(key.substr(0, dot)) + ":";
      if (dot == std::string_view::npos) break;
      key.remove_prefix(dot + 1);
      text += "\n";
      indent += "  ";
    }
    return text + " \"" + std::string(value) + "\"\n";
  }
  /// The problem that this setting's own text causes, if any; rules about several settings are not its fault.
  std::optional<Problem> own_problem(const Loaded& loaded, std::string_view where) const {
    for (const Problem& problem : loaded.problems) {
      const bool other_rule = problem.message.find("is required") != std::string::npos ||
                              problem.message.find("not supported by this version") != std::string::npos;
      if (problem.where.starts_with(where) && !other_rule) return problem;
    }
    return std::nullopt;
  }

  const Setting* current_ = nullptr;
};

TEST_F(EverySetting, IsDescribed) {
  for (const Setting* declared : where([](const Setting&) { return true; })) {
    SCOPED_TRACE(std::string(declared->name));
    current_ = declared;
    EXPECT_FALSE(setting().help.empty());
    EXPECT_TRUE(setting().help.ends_with('.')) << setting().help;
    EXPECT_FALSE(setting().example.empty());
    // What fills no member is for a later version.
    EXPECT_TRUE(setting().later || !std::holds_alternative<std::monostate>(setting().member));
  }
}

TEST_F(EverySetting, GoodTextIsTakenFromTheEnvironment) {
  for (const Setting* declared :
       where([](const Setting& s) { return !file_only(s) && s.name != "GATEWAY_CONFIG_FILE"; })) {
    SCOPED_TRACE(std::string(declared->name));
    current_ = declared;

    for (const std::string& text : texts_for(setting()).good) {
      const Loaded loaded = load(minimal_and(name(), "  " + text + " "), {});
      EXPECT_FALSE(own_problem(loaded, name())) << text << "\n" << all_text(loaded);
      EXPECT_EQ(loaded.sources.at(name()), "environment");
      if (!std::holds_alternative<std::monostate>(setting().member)) continue;
      const bool kept = setting().secret ? loaded.settings.extra_secrets.at(name()).reveal() == text
                                         : loaded.settings.extra.at(name()) == text;
      EXPECT_TRUE(kept) << text;
    }
  }
}

TEST_F(EverySetting, BadTextIsAProblemThatNamesItAndShowsAnExample) {
  for (const Setting* declared :
       where([](const Setting& s) { return !file_only(s) && s.name != "GATEWAY_CONFIG_FILE"; })) {
    SCOPED_TRACE(std::string(declared->name));
    current_ = declared;

    for (const std::string& text : texts_for(setting()).bad) {
      const Loaded loaded = load(minimal_and(name(), text), {});
      const auto problem = own_problem(loaded, name());
      ASSERT_TRUE(problem) << text;
      EXPECT_EQ(problem->where, name());
      EXPECT_THAT(problem->message, HasSubstr("must "));
      EXPECT_THAT(problem->message, HasSubstr("; example: "));
    }
  }
}

TEST_F(EverySetting, EmptyAndBlankAreUnset) {
  for (const Setting* declared : where([](const Setting& s) { return !file_only(s); })) {
    SCOPED_TRACE(std::string(declared->name));
    current_ = declared;

    for (const auto text : {"", " ", "\t\n "}) {
      const Loaded loaded = load(minimal_and(name(), text), {});
      EXPECT_EQ(loaded.sources.at(name()), "default") << '"' << text << '"';
      EXPECT_FALSE(own_problem(loaded, name()));
    }
  }
}

TEST_F(EverySetting, IsReadFromTheFile) {
  for (const Setting* declared : where([](const Setting& s) { return !s.file_key.empty(); })) {
    SCOPED_TRACE(std::string(declared->name));
    current_ = declared;

    const Folder folder;
    Environment environment = minimal();
    environment.erase(name());
    for (const std::string& text : texts_for(setting()).good) {
      const Loaded loaded = load(environment, {.file = folder.write("f.yaml", file_text(text))});
      EXPECT_FALSE(own_problem(loaded, folder.path(""))) << text << "\n" << all_text(loaded);
      EXPECT_EQ(loaded.sources.at(name()), "file");
    }
    for (const std::string& text : texts_for(setting()).bad) {
      const std::string yaml_text = text.find('\t') == std::string::npos ? text : "a\\tb";
      const std::string path = folder.write("f.yaml", file_text(yaml_text));
      const Loaded loaded = load(environment, {.file = path});
      const auto lines = std::count(setting().file_key.begin(), setting().file_key.end(), '.') + 1;
      const auto problem = own_problem(loaded, fmt::format("{}:{}:", path, lines));
      ASSERT_TRUE(problem) << text << "\n" << all_text(loaded);
      EXPECT_THAT(problem->message, testing::StartsWith(std::string(setting().file_key) + ": must "));
    }
    const Loaded blank = load(environment, {.file = folder.write("f.yaml", file_text("  "))});
    EXPECT_EQ(blank.sources.at(name()), "default");
  }
}

TEST_F(EverySetting, TheDefaultIsGoodAndIsWhatSettingsStartWith) {
  for (const Setting* declared : where([](const Setting& s) { return !s.default_text.empty(); })) {
    SCOPED_TRACE(std::string(declared->name));
    current_ = declared;

    Settings assigned;
    EXPECT_FALSE(assign(assigned, setting(), setting().default_text));
    const Settings fresh;
    std::visit(
        [&](auto member) {
          using M = decltype(member);
          if constexpr (std::is_same_v<M, BindAddress Settings::*>) {
            EXPECT_EQ((assigned.*member).ip, (fresh.*member).ip);
            EXPECT_EQ((assigned.*member).port, (fresh.*member).port);
          } else if constexpr (std::is_same_v<M, UpstreamPrivate Settings::*>) {
            EXPECT_EQ((assigned.*member).mode, (fresh.*member).mode);
          } else if constexpr (!std::is_same_v<M, std::monostate> &&
                               !std::is_same_v<M, core::Secret Settings::*>) {
            if (name() != "GATEWAY_STATE_DIR") EXPECT_EQ(assigned.*member, fresh.*member);
          }
        },
        setting().member);
  }
}

TEST_F(EverySetting, OldNamesWorkWithAWarningAndLoseToTheNameOfToday) {
  for (const Setting* declared : where([](const Setting&) { return true; })) {
    SCOPED_TRACE(std::string(declared->name));
    current_ = declared;
    const std::string text = texts_for(setting()).good.front();
    const std::string other = texts_for(setting()).good.back();
    for (const std::string_view old : setting().old_names) {
      if (old.empty() || old == "no_proxy") continue;
      Environment environment = minimal_and(std::string(old), text);
      const Loaded loaded = load(environment, {});
      EXPECT_EQ(loaded.sources.at(name()), "environment");
      EXPECT_THAT(loaded.warnings, testing::Contains(fmt::format("{} is deprecated; use {}", old, name())));
      environment[name()] = other;
      const Loaded both = load(environment, {});
      EXPECT_THAT(both.warnings,
                  testing::Contains(fmt::format("{} is ignored because {} is set", old, name())));
      environment[name()] = "";
      environment[std::string(old)] = texts_for(setting()).bad.front();
      EXPECT_EQ(own_problem(load(environment, {}), old)->where, old);
    }
  }
}

TEST_F(EverySetting, SecretsAlsoComeFromAFile) {
  for (const Setting* declared : where([](const Setting& s) { return s.secret && !file_only(s); })) {
    SCOPED_TRACE(std::string(declared->name));
    current_ = declared;

    const Folder folder;
    Environment environment = minimal();
    environment.erase(name());
    environment[name() + "_FILE"] = folder.write("secret", texts_for(setting()).good.front() + "\n");
    const Loaded loaded = load(environment, {});
    EXPECT_FALSE(own_problem(loaded, name())) << all_text(loaded);
    EXPECT_EQ(loaded.sources.at(name()), "environment");
    environment[name() + "_FILE"] = folder.path("missing");
    EXPECT_THAT(own_problem(load(environment, {}), name() + "_FILE")->message, HasSubstr("No such file"));
    environment[name() + "_FILE"] = folder.write("empty", "\n");
    EXPECT_THAT(own_problem(load(environment, {}), name() + "_FILE")->message, HasSubstr("is empty"));
    environment[name()] = texts_for(setting()).good.front();
    EXPECT_THAT(own_problem(load(environment, {}), name() + "_FILE")->message, HasSubstr("set one of them"));
  }
}

TEST(SettingTable, NamesAreUnique) {
  std::set<std::string_view> names, keys;
  for (const Setting* setting : all_settings()) {
    EXPECT_TRUE(names.insert(setting->name).second) << setting->name;
    if (!setting->file_key.empty()) EXPECT_TRUE(keys.insert(setting->file_key).second) << setting->file_key;
    for (const std::string_view old : setting->old_names) {
      if (!old.empty()) EXPECT_TRUE(names.insert(old).second) << old;
    }
  }
}

TEST(SettingTable, HasEveryNameOfTheContract) {
  for (const auto name : {"DATABASE_URL",
                          "REDIS_URL",
                          "LITELLM_BASE_URL",
                          "LITELLM_SERVICE_KEY",
                          "GATEWAY_BIND_ADDR",
                          "GATEWAY_CONTROL_BIND_ADDR",
                          "GATEWAY_CONTROL_BASE_PATH",
                          "GATEWAY_STATE_DIR",
                          "LOG_LEVEL",
                          "LOG_FORMAT",
                          "ENVIRONMENT",
                          "GATEWAY_ADMIN_TOKEN",
                          "GATEWAY_MASTER_KEY",
                          "GATEWAY_MASTER_KEY_PREVIOUS",
                          "GATEWAY_MAX_REQUEST_BODY_BYTES",
                          "GATEWAY_MAX_BUFFERED_REQUESTS",
                          "GATEWAY_MAX_INFLIGHT_BUFFER_BYTES",
                          "GATEWAY_DRAIN_DELAY_SECONDS",
                          "GATEWAY_GRACEFUL_SECONDS",
                          "GATEWAY_READINESS",
                          "GATEWAY_THREADS",
                          "GATEWAY_TLS_CERT_FILE",
                          "GATEWAY_TLS_KEY_FILE",
                          "GATEWAY_CONTROL_TLS_CERT_FILE",
                          "GATEWAY_CONTROL_TLS_KEY_FILE",
                          "GATEWAY_TRUSTED_PROXIES",
                          "GATEWAY_CORS_ALLOWED_ORIGINS",
                          "GATEWAY_AUTH_CACHE_SIZE",
                          "GATEWAY_AUTH_CACHE_TTL",
                          "GATEWAY_AUTH_CACHE_SOFT_BUMP",
                          "GATEWAY_AUTH_CACHE_HARD_GRACE",
                          "GATEWAY_LIMITER_FAILURE",
                          "GATEWAY_UPSTREAM_PRIVATE",
                          "GATEWAY_UPSTREAM_CA_FILE",
                          "GATEWAY_OUTBOUND_PROXY",
                          "NO_PROXY",
                          "DIRECT_OPENAI_BASE_URL",
                          "DIRECT_OPENAI_SERVICE_KEY",
                          "RELAYNA_WORKER_TOKEN",
                          "RELAYNA_STUDIO_BASE_URL",
                          "RELAYNA_STUDIO_TOKEN",
                          "ENTRA_AUTH_ENABLED",
                          "ENTRA_TENANT_ID",
                          "ENTRA_AUDIENCE",
                          "ENTRA_ISSUER",
                          "ENTRA_OIDC_DISCOVERY_URL",
                          "ENTRA_REQUIRED_SCOPE",
                          "ENTRA_REQUIRED_ROLE",
                          "ENTRA_ALLOWED_GROUPS",
                          "ENTRA_ACCEPTED_ALGORITHMS",
                          "ENTRA_RELAYNA_KEY_HEADER",
                          "ENTRA_JWKS_CACHE_TTL_SECONDS",
                          "ENTRA_CLOCK_SKEW_SECONDS",
                          "APIGEE_TRUSTED_HEADER_ENABLED",
                          "APIGEE_TRUSTED_HEADER_SECRET",
                          "OTEL_EXPORTER_OTLP_ENDPOINT",
                          "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                          "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
                          "OTEL_EXPORTER_OTLP_HEADERS",
                          "OTEL_TRACES_SAMPLER_ARG",
                          "GATEWAY_ECHO",
                          "GATEWAY_LOG_MESSAGE_BODY",
                          "GATEWAY_EMBEDDED",
                          "GATEWAY_CONFIG_FILE",
                          "GATEWAY_RUN_MIGRATIONS",
                          "GATEWAY_REPLICAS"}) {
    EXPECT_NE(find_setting(name), nullptr) << name;
  }
}

}  // namespace
}  // namespace relayna::config
