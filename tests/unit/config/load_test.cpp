// Precedence, rules about several settings, and everything wrong at once.
#include "fixture.hpp"

namespace relayna::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

TEST(Load, PrecedenceInEveryOrder) {
  const Folder folder;
  const std::string file = folder.write("f.yaml", "server:\n  pid_file: from-file\n");
  for (int set = 0; set < 8; ++set) {
    const bool flag = (set & 4) != 0, environment = (set & 2) != 0, in_file = (set & 1) != 0;
    Environment variables = minimal();
    Overrides flags;
    if (flag) flags.pid_file = "from-flag";
    if (environment) variables["GATEWAY_PID_FILE"] = "from-environment";
    if (in_file) flags.file = file;
    const Loaded loaded = load(variables, flags);
    const std::string source = flag ? "flag" : environment ? "environment" : in_file ? "file" : "default";
    EXPECT_EQ(loaded.sources.at("GATEWAY_PID_FILE"), source);
    EXPECT_EQ(loaded.settings.pid_file, source == "default" ? ".relayna-gateway.pid" : "from-" + source);
    EXPECT_THAT(loaded.problems, IsEmpty());
  }
}

TEST(Load, PortsReplaceOnlyThePort) {
  Environment environment = minimal_and("GATEWAY_BIND_ADDR", "127.0.0.1:1");
  const Loaded loaded = load(environment, {.port = 2, .control_port = 0});
  EXPECT_EQ(loaded.settings.bind.ip, "127.0.0.1");
  EXPECT_EQ(loaded.settings.bind.port, 2);
  EXPECT_EQ(loaded.settings.control_bind.ip, "0.0.0.0");
  EXPECT_EQ(loaded.settings.control_bind.port, 0);
  EXPECT_EQ(loaded.sources.at("GATEWAY_BIND_ADDR"), "flag");
  EXPECT_EQ(loaded.sources.at("GATEWAY_CONTROL_BIND_ADDR"), "flag");
  const Loaded wrong = load(environment, {.port = 65'536, .control_port = -1});
  EXPECT_TRUE(problem_at(wrong, "--port"));
  EXPECT_TRUE(problem_at(wrong, "--control-port"));
}

TEST(Load, FlagsStandForTheirSettings) {
  const Loaded loaded = load({}, {.embedded = true, .data_dir = "d", .run_migrations = false});
  EXPECT_TRUE(loaded.settings.embedded);
  EXPECT_EQ(loaded.settings.data_dir, "d");
  EXPECT_FALSE(loaded.settings.run_migrations);
  EXPECT_EQ(loaded.sources.at("GATEWAY_RUN_MIGRATIONS"), "flag");
  const Loaded off = load(minimal_and("GATEWAY_EMBEDDED", "true"), {.embedded = false});
  EXPECT_FALSE(off.settings.embedded);
  EXPECT_EQ(load(minimal(), {.data_dir = " "}).sources.at("GATEWAY_DATA_DIR"), "default");
}

TEST(Load, TheFileIsNamedByFlagThenVariable) {
  const Folder folder;
  const std::string a = folder.write("a.yaml", "server: {pid_file: a}\n");
  const std::string b = folder.write("b.yaml", "server: {pid_file: b}\n");
  EXPECT_EQ(load(minimal_and("GATEWAY_CONFIG_FILE", a), {.file = b}).settings.pid_file, "b");
  const Loaded by_variable = load(minimal_and("GATEWAY_CONFIG_FILE", a), {});
  EXPECT_EQ(by_variable.settings.pid_file, "a");
  EXPECT_EQ(by_variable.settings.config_file, a);
  const std::string missing = folder.path("missing.yaml");
  const Loaded loaded = load(minimal(), {.file = missing});
  EXPECT_THAT(loaded.problems, ElementsAre(Problem{missing, "cannot be read: No such file or directory"}));
}

TEST(Load, TheFileInTheWorkingDirectoryIsFound) {
  const Folder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path(""));
  EXPECT_EQ(config_file_path({}, {}), "");
  (void)folder.write("relayna-gateway.yaml", "server: {pid_file: here}\n");
  const Loaded loaded = load(minimal(), {});
  std::filesystem::current_path(before);
  EXPECT_EQ(loaded.settings.pid_file, "here");
  EXPECT_EQ(loaded.settings.config_file, "relayna-gateway.yaml");
}

TEST(Load, StoresAreRequiredUnlessEmbedded) {
  const Loaded loaded = load({}, {});
  ASSERT_TRUE(problem_at(loaded, "DATABASE_URL"));
  ASSERT_TRUE(problem_at(loaded, "REDIS_URL"));
  EXPECT_THAT(
      problem_at(loaded, "DATABASE_URL")->message,
      testing::AllOf(HasSubstr("is required"), HasSubstr("example: postgres://"), HasSubstr("--embedded")));
  EXPECT_THAT(load({}, {.embedded = true}).problems, IsEmpty());
}

TEST(Load, EmbeddedModeHasItsOwnDefaults) {
  const Loaded loaded = load({}, {.embedded = true, .data_dir = "/data/x"});
  EXPECT_EQ(loaded.settings.database_url, "sqlite:///data/x/gateway.db");
  EXPECT_EQ(sqlite_path(loaded.settings.database_url).value_or(""), "/data/x/gateway.db");
  EXPECT_EQ(loaded.settings.redis_url, "memory://");
  EXPECT_EQ(loaded.settings.state_dir, "/data/x");
  EXPECT_TRUE(loaded.settings.echo);
  EXPECT_FALSE(load(minimal(), {}).settings.echo);
  EXPECT_EQ(load(minimal(), {}).settings.state_dir, "/var/lib/relayna-gateway");
  const auto here = (std::filesystem::current_path() / "relayna-data" / "gateway.db").string();
  EXPECT_EQ(load({}, {.embedded = true}).settings.database_url, "sqlite://" + here);
  EXPECT_FALSE(load({{"GATEWAY_ECHO", "false"}}, {.embedded = true}).settings.echo);
  EXPECT_EQ(load({{"GATEWAY_STATE_DIR", "/spool"}}, {.embedded = true}).settings.state_dir, "/spool");
}

TEST(Load, EmbeddedModeIgnoresServicesButNotAnotherSqliteFile) {
  const Loaded services = load(minimal(), {.embedded = true});
  EXPECT_TRUE(sqlite_path(services.settings.database_url));
  EXPECT_EQ(services.settings.redis_url, "memory://");
  EXPECT_THAT(services.warnings,
              ElementsAre(HasSubstr("DATABASE_URL is ignored"), HasSubstr("REDIS_URL is ignored")));
  const Loaded file =
      load({{"DATABASE_URL", "sqlite:///other/x.db"}, {"REDIS_URL", "memory://"}}, {.embedded = true});
  EXPECT_EQ(file.settings.database_url, "sqlite:///other/x.db");
  EXPECT_THAT(file.warnings, IsEmpty());
}

TEST(Load, PairsComeTogetherOrNotAtAll) {
  struct Pair {
    const char* first;
    const char* first_text;
    const char* second;
    const char* second_text;
  };
  for (const Pair& pair :
       {Pair{"LITELLM_BASE_URL", "http://l:4000", "LITELLM_SERVICE_KEY", "k"},
        Pair{"DIRECT_OPENAI_BASE_URL", "https://o", "DIRECT_OPENAI_SERVICE_KEY", "k"},
        Pair{"GATEWAY_TLS_CERT_FILE", "/c", "GATEWAY_TLS_KEY_FILE", "/k"},
        Pair{"GATEWAY_CONTROL_TLS_CERT_FILE", "/c", "GATEWAY_CONTROL_TLS_KEY_FILE", "/k"}}) {
    EXPECT_THAT(problem_at(load(minimal_and(pair.first, pair.first_text), {}), pair.second)->message,
                HasSubstr(std::string("is required because ") + pair.first + " is set; example: "));
    EXPECT_THAT(problem_at(load(minimal_and(pair.second, pair.second_text), {}), pair.first)->message,
                HasSubstr(std::string("is required because ") + pair.second));
    Environment both = minimal_and(pair.first, pair.first_text);
    both[pair.second] = pair.second_text;
    EXPECT_THAT(load(both, {}).problems, IsEmpty()) << pair.first;
    both[pair.second] = "   ";
    EXPECT_EQ(load(both, {}).problems.size(), 1U) << pair.first;
  }
}

TEST(Load, TheListenersNeedTwoAddresses) {
  EXPECT_TRUE(problem_at(load(minimal(), {.port = 8081}), "GATEWAY_CONTROL_BIND_ADDR"));
  EXPECT_THAT(load(minimal(), {.port = 0, .control_port = 0}).problems, IsEmpty());
  EXPECT_THAT(load(minimal_and("GATEWAY_BIND_ADDR", "127.0.0.1:8081"), {}).problems, IsEmpty());
}

TEST(Load, MasterKeyBecomes32RawBytes) {
  Environment environment = minimal_and("GATEWAY_MASTER_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
  EXPECT_EQ(load(environment, {}).settings.master_key.reveal(), "0123456789abcdef0123456789abcdef");
  const Loaded previous =
      load(minimal_and("GATEWAY_MASTER_KEY_PREVIOUS", environment["GATEWAY_MASTER_KEY"]), {});
  EXPECT_THAT(problem_at(previous, "GATEWAY_MASTER_KEY")->message, HasSubstr("is required because"));
}

TEST(Load, MessageBodiesAreNeverLoggedInProduction) {
  for (const auto name : {"prod", "production", "PRODUCTION"}) {
    Environment environment = minimal_and("GATEWAY_LOG_MESSAGE_BODY", "true");
    environment["ENVIRONMENT"] = name;
    EXPECT_TRUE(problem_at(load(environment, {}), "GATEWAY_LOG_MESSAGE_BODY")) << name;
  }
  const Loaded staging = load(minimal_and("GATEWAY_LOG_MESSAGE_BODY", "true"), {});
  EXPECT_THAT(staging.problems, IsEmpty());
  EXPECT_THAT(staging.warnings, ElementsAre(HasSubstr("request bodies are written to the log")));
}

TEST(Load, ThreadsAuto) {
  EXPECT_GE(load(minimal_and("GATEWAY_THREADS", "auto"), {}).settings.threads, 1U);
  EXPECT_EQ(load(minimal_and("GATEWAY_THREADS", "3"), {}).settings.threads, 3U);
}

TEST(Load, DurationsAndListsArrive) {
  Environment environment = minimal_and("GATEWAY_GRACEFUL_SECONDS", "2m");
  environment["GATEWAY_AUTH_CACHE_HARD_GRACE"] = "0";
  environment["GATEWAY_TRUSTED_PROXIES"] = "10.0.0.0/8, ::1";
  environment["GATEWAY_UPSTREAM_PRIVATE"] = "10.1.0.0/16";
  const Settings settings = load(environment, {}).settings;
  EXPECT_EQ(settings.graceful, 120s);
  EXPECT_EQ(settings.auth_cache_hard_grace, 0s);
  EXPECT_THAT(settings.trusted_proxies, ElementsAre("10.0.0.0/8", "::1"));
  EXPECT_EQ(settings.upstream_private.mode, UpstreamPrivate::Mode::listed);
  EXPECT_THAT(settings.upstream_private.cidrs, ElementsAre("10.1.0.0/16"));
}

TEST(Load, SamplingDependsOnTheEnvironment) {
  EXPECT_EQ(load(minimal(), {}).settings.extra.at("OTEL_TRACES_SAMPLER_ARG"), "1.0");
  EXPECT_EQ(load(minimal_and("ENVIRONMENT", "staging"), {}).settings.extra.at("OTEL_TRACES_SAMPLER_ARG"),
            "0.1");
  Environment environment = minimal_and("ENVIRONMENT", "staging");
  environment["OTEL_TRACES_SAMPLER_ARG"] = "0.5";
  EXPECT_EQ(load(environment, {}).settings.extra.at("OTEL_TRACES_SAMPLER_ARG"), "0.5");
}

TEST(Load, SettingsOfLaterVersionsSaySoAndFrontDoorsAreRefused) {
  const Loaded loaded = load(minimal_and("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://otel:4318"), {});
  EXPECT_THAT(loaded.warnings,
              ElementsAre("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT has no effect in this version"));
  EXPECT_EQ(loaded.settings.extra.at("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"), "http://otel:4318");
  for (const auto name : {"ENTRA_AUTH_ENABLED", "APIGEE_TRUSTED_HEADER_ENABLED"}) {
    EXPECT_THAT(problem_at(load(minimal_and(name, "yes"), {}), name)->message,
                HasSubstr("not supported by this version"));
    EXPECT_THAT(load(minimal_and(name, "no"), {}).problems, IsEmpty());
    EXPECT_THAT(load(minimal_and(name, "no"), {}).warnings, IsEmpty());
  }
}

TEST(Load, BootstrapAdminNeedsAnAddressAndAPassword) {
  const Folder folder;
  const Loaded loaded =
      load(minimal(), {.file = folder.write("f.yaml", "identity:\n  bootstrap_admin:\n    enabled: true\n")});
  EXPECT_TRUE(problem_at(loaded, "identity.bootstrap_admin.email"));
  EXPECT_TRUE(problem_at(loaded, "identity.bootstrap_admin.password"));
  const Loaded whole = load(minimal_and("PW", "hunter2 and more"),
                            {.file = folder.write("g.yaml",
                                                  "identity:\n  bootstrap_admin: {enabled: true, email: a@b, "
                                                  "password: env.PW, require_change: true}\n")});
  EXPECT_THAT(whole.problems, IsEmpty());
  EXPECT_TRUE(whole.settings.bootstrap_admin);
  EXPECT_EQ(whole.settings.bootstrap_admin_email, "a@b");
  EXPECT_EQ(whole.settings.bootstrap_admin_password.reveal(), "hunter2 and more");
  EXPECT_TRUE(whole.settings.bootstrap_admin_require_change);
  const Loaded wrong =
      load(minimal_and("PW", "hunter2"),
           {.file = folder.write("h.yaml",
                                 "identity:\n  bootstrap_admin: {enabled: true, email: admin, "
                                 "password: env.PW}\n")});
  EXPECT_TRUE(problem_at(wrong, "identity.bootstrap_admin.email"));
  EXPECT_TRUE(problem_at(wrong, "identity.bootstrap_admin.password"));
}

TEST(Load, TheFileMayHoldListsNestingAndVariables) {
  const Folder folder;
  const std::string file = folder.write(
      "f.yaml",
      "server:\n  bind: 127.0.0.1:${PORT:-9}\n  trusted_proxies: [10.0.0.0/8, '::1']\n"
      "  tls:\n    cert_file: /c\n    key_file: /k\n  litellm: {base_url: 'http://l', service_key: env.K}\n"
      "logging: {level: debug, format: text}\ntelemetry:\n  sample_ratio: 0.5\n"
      "providers: [{broken: true}]\nnot_ours: 1\n");
  const Loaded loaded = load(minimal_and("K", "key"), {.file = file});
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.settings.bind.port, 9);
  EXPECT_THAT(loaded.settings.trusted_proxies, ElementsAre("10.0.0.0/8", "::1"));
  EXPECT_EQ(loaded.settings.tls_cert_file, "/c");
  EXPECT_EQ(loaded.settings.litellm_service_key.reveal(), "key");
  EXPECT_EQ(loaded.settings.log_level, "debug");
  EXPECT_EQ(loaded.settings.extra.at("OTEL_TRACES_SAMPLER_ARG"), "0.5");
}

TEST(Load, UnknownKeysInTheSectionsGetASuggestion) {
  const Folder folder;
  const std::string file = folder.write(
      "f.yaml", "server:\n  bnid: ':1'\n  tls:\n    certfile: /c\nlogging:\n  colour: red\nserver2: {}\n");
  const Loaded loaded = load(minimal(), {.file = file});
  EXPECT_THAT(loaded.problems,
              ElementsAre(Problem{file + ":2:3", "server.bnid: is not a known key; did you mean `bind`?"},
                          Problem{file + ":4:5",
                                  "server.tls.certfile: is not a known key; did you mean `cert_file`?"},
                          Problem{file + ":6:3", "logging.colour: is not a known key"}));
}

TEST(Load, EverythingWrongIsReportedAtOnce) {
  const Folder folder;
  const std::string file = folder.write("f.yaml",
                                        "server:\n  threads: many\n  tls: yes\n  bind: [a, b]\n  redis_url: "
                                        "${NOPE}\n  embedded: {a: 1}\n  trusted_proxies: ['a,b']\n");
  const Environment environment{
      {"DATABASE_URL", "mysql://x"},        {"GATEWAY_BIND_ADDR", "here"},
      {"GATEWAY_READINESS", "maybe"},       {"GATEWAY_MASTER_KEY", "short"},
      {"GATEWAY_ADMIN_TOKEN", "op_live_x"}, {"LITELLM_BASE_URL", "litellm"},
      {"GATEWAY_AUTH_CACHE_TTL", "soon"},   {"GATEWAY_TRUSTED_PROXIES", "10.0.0.0/99"}};
  const Loaded loaded = load(environment, {.file = file, .port = 70'000});
  for (const auto& [name, value] : environment) EXPECT_TRUE(problem_at(loaded, name)) << name;
  EXPECT_TRUE(problem_at(loaded, "LITELLM_SERVICE_KEY"));
  EXPECT_TRUE(problem_at(loaded, "--port"));
  for (const auto where : {":2:12", ":3:8", ":4:9", ":5:14", ":6:13", ":7:21"})
    EXPECT_TRUE(problem_at(loaded, file + where)) << where << text_of(loaded.problems);
  // What is set but wrong is not reported as missing as well.
  EXPECT_EQ(std::count_if(loaded.problems.begin(), loaded.problems.end(),
                          [](const Problem& p) { return p.where == "DATABASE_URL"; }),
            1);
  EXPECT_FALSE(problem_at(loaded, "REDIS_URL"));
}

TEST(Load, AnOverriddenValueIsCheckedAsWell) {
  const Folder folder;
  const std::string file = folder.write("f.yaml", "server:\n  threads: many\n");
  const Loaded loaded = load(minimal_and("GATEWAY_THREADS", "2"), {.file = file});
  EXPECT_EQ(loaded.settings.threads, 2U);
  EXPECT_EQ(loaded.sources.at("GATEWAY_THREADS"), "environment");
  EXPECT_TRUE(problem_at(loaded, file + ":2:12"));
}

TEST(Load, ValidateLooksAtTheFileAlone) {
  const Folder folder;
  EXPECT_THAT(check_process_sections(folder.write("a.yaml", "server: {bind: ':1'}\n"), {}), IsEmpty());
  EXPECT_THAT(
      text_of(check_process_sections(folder.write("b.yaml", "server: {bind: nowhere, threads: 0}\n"), {})),
      testing::AllOf(HasSubstr("b.yaml:1:16: server.bind: must "),
                     HasSubstr("b.yaml:1:34: server.threads: must ")));
}

TEST(Load, FilesThatAreNotMappingsOrNotThere) {
  const Folder folder;
  for (const auto text : {"- a\n", "text\n", "", "a: [\n"}) {
    EXPECT_EQ(load(minimal(), {.file = folder.write("f.yaml", text)}).problems.size(), 1U) << text;
  }
  EXPECT_EQ(load(minimal(), {.file = folder.path("")}).problems.size(), 1U);
}

TEST(Load, UniteProblems) {
  std::vector<Problem> problems{{"a", "1"}};
  append_unique(problems, {{"a", "1"}, {"a", "2"}, {"b", "1"}});
  EXPECT_THAT(problems, ElementsAre(Problem{"a", "1"}, Problem{"a", "2"}, Problem{"b", "1"}));
}

}  // namespace
}  // namespace relayna::config
