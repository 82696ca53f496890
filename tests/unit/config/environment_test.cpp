// Names: old ones, foreign ones, mistyped ones.
#include <stdlib.h>

#include "fixture.hpp"

namespace relayna::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(EnvironmentNames, TheMinimumRaisesNothing) {
  const Loaded loaded = load(minimal(), {});
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST(EnvironmentNames, OldNamesOfTheContract) {
  struct Row {
    const char* old;
    const char* text;
    const char* today;
  };
  for (const Row& row :
       {Row{"SERVER_ADDR", ":1", "GATEWAY_BIND_ADDR"}, Row{"GATEWAY_LISTEN_ADDR", ":1", "GATEWAY_BIND_ADDR"},
        Row{"SERVER_GRACEFUL_SECONDS", "9", "GATEWAY_GRACEFUL_SECONDS"},
        Row{"SERVER_MAX_REQUEST_BODY_BYTES", "9", "GATEWAY_MAX_REQUEST_BODY_BYTES"},
        Row{"GATEWAY_LOG_LEVEL", "debug", "LOG_LEVEL"},
        Row{"OTEL_OTLP_ENDPOINT", "http://o", "OTEL_EXPORTER_OTLP_ENDPOINT"},
        Row{"OTEL_OTLP_HEADERS", "a=b", "OTEL_EXPORTER_OTLP_HEADERS"},
        Row{"OTEL_SAMPLE_RATIO", "0.5", "OTEL_TRACES_SAMPLER_ARG"},
        Row{"GATEWAY_OTEL_DEFAULT_ENDPOINT", "http://o", "OTEL_EXPORTER_OTLP_ENDPOINT"},
        Row{"LW_GATEWAY_AUTH_CACHE_SOFT_BUMP", "7m", "GATEWAY_AUTH_CACHE_SOFT_BUMP"},
        Row{"LW_GATEWAY_AUTH_CACHE_HARD_GRACE", "7h", "GATEWAY_AUTH_CACHE_HARD_GRACE"},
        Row{"LW_LOG_MESSAGE_BODY", "1", "GATEWAY_LOG_MESSAGE_BODY"},
        Row{"LW_GATEWAY_OUTBOUND_PROXY", "http://p:1", "GATEWAY_OUTBOUND_PROXY"},
        Row{"CUSTOMER_TRACE_BRIDGE_BASE_URL", "http://o", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"}}) {
    const Loaded loaded = load(minimal_and(row.old, row.text), {});
    EXPECT_THAT(loaded.problems, IsEmpty()) << row.old;
    EXPECT_EQ(loaded.sources.at(row.today), "environment") << row.old;
    EXPECT_THAT(loaded.warnings, Contains(std::string(row.old) + " is deprecated; use " + row.today));
  }
}

TEST(EnvironmentNames, TheNameOfTodayWins) {
  Environment environment = minimal_and("SERVER_ADDR", ":1");
  environment["GATEWAY_LISTEN_ADDR"] = ":2";
  EXPECT_EQ(load(environment, {}).settings.bind.port, 1);
  environment["GATEWAY_BIND_ADDR"] = ":3";
  const Loaded loaded = load(environment, {});
  EXPECT_EQ(loaded.settings.bind.port, 3);
  EXPECT_THAT(loaded.warnings,
              ElementsAre("SERVER_ADDR is ignored because GATEWAY_BIND_ADDR is set",
                          "GATEWAY_LISTEN_ADDR is ignored because GATEWAY_BIND_ADDR is set"));
}

TEST(EnvironmentNames, ASplitControlPlaneIsMentionedOnce) {
  Environment environment = minimal();
  for (const auto name : {"LW_GATEWAY_BASE_URL", "LW_GATEWAY_INTERNAL_SECRET", "LW_GATEWAY_JWT_SECRET",
                          "LW_GATEWAY_JWT_SECRET_PREVIOUS", "GATEWAY_CONTROL_PLANE_URL"}) {
    environment[name] = "hunter2";
  }
  const Loaded loaded = load(environment, {});
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_THAT(loaded.warnings,
              ElementsAre(testing::AllOf(HasSubstr("LW_GATEWAY_BASE_URL, LW_GATEWAY_INTERNAL_SECRET"),
                                         HasSubstr("GATEWAY_CONTROL_PLANE_URL"), HasSubstr("not needed"))));
  EXPECT_THAT(all_text(loaded), testing::Not(HasSubstr("hunter2")));
}

TEST(EnvironmentNames, MistypedNamesGetASuggestion) {
  Environment environment = minimal_and("GATEWAY_BIND_ADDRESS", "x");
  environment["GATEWAY_TREADS"] = "2";
  environment["ENTRA_TENANT"] = "x";
  environment["GATEWAY_SOMETHING_ELSE_ENTIRELY"] = "x";
  environment["LITELLM_MASTER_KEY"] = "belongs to LiteLLM";
  environment["OTEL_SERVICE_NAME"] = "belongs to OpenTelemetry";
  const Loaded loaded = load(environment, {});
  EXPECT_THAT(loaded.warnings,
              testing::UnorderedElementsAre(
                  "GATEWAY_BIND_ADDRESS is not a setting of this gateway; did you mean GATEWAY_BIND_ADDR?",
                  "GATEWAY_TREADS is not a setting of this gateway; did you mean GATEWAY_THREADS?",
                  "ENTRA_TENANT is not a setting of this gateway; did you mean ENTRA_TENANT_ID?",
                  "GATEWAY_SOMETHING_ELSE_ENTIRELY is not a setting of this gateway"));
}

TEST(EnvironmentNames, KubernetesServiceLinksAreNotOurs) {
  Environment environment = minimal();
  environment["GATEWAY_SERVICE_HOST"] = "10.0.0.1";
  environment["GATEWAY_SERVICE_PORT"] = "8080";
  environment["GATEWAY_SERVICE_PORT_HTTP"] = "8080";
  environment["GATEWAY_PORT"] = "tcp://10.0.0.1:8080";
  environment["GATEWAY_PORT_8080_TCP"] = "tcp://10.0.0.1:8080";
  environment["GATEWAY_PORT_8080_TCP_ADDR"] = "10.0.0.1";
  environment["GATEWAY_PORT_8080_TCP_PROTO"] = "tcp";
  EXPECT_THAT(load(environment, {}).warnings, IsEmpty());
}

TEST(EnvironmentNames, NoProxyInEitherCase) {
  EXPECT_THAT(load(minimal_and("no_proxy", "a,b"), {}).settings.no_proxy, ElementsAre("a", "b"));
  EXPECT_THAT(load(minimal_and("no_proxy", "a,b"), {}).warnings, IsEmpty());
  EXPECT_THAT(load(minimal_and("NO_PROXY", "c"), {}).settings.no_proxy, ElementsAre("c"));
}

TEST(EnvironmentNames, TheProcessEnvironmentIsReadAsItIs) {
  ::setenv("RELAYNA_CONFIG_TEST", "a=b c", 1);
  EXPECT_EQ(process_environment().at("RELAYNA_CONFIG_TEST"), "a=b c");
  ::unsetenv("RELAYNA_CONFIG_TEST");
  EXPECT_FALSE(process_environment().contains("RELAYNA_CONFIG_TEST"));
}

}  // namespace
}  // namespace relayna::config
