#include <fstream>

#include "relayna/declare/validate.hpp"

#include "fixture.hpp"

namespace relayna::declare {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Read, EverythingArrives) {
  const Reading reading = read(
      "providers:\n"
      "- {name: p, kind: anthropic, base_url: 'https://h/x', api_key: secret, fallback: q, enabled: false,\n"
      "   credential_header: {mode: custom_header, name: X-Token, format: bearer},\n"
      "   timeouts: {connect: 250ms, first_byte: 1m, idle: 2m}}\n"
      "- {name: q, kind: openai-compatible, base_url: 'http://h'}\n"
      "models: [{name: m, provider: p, upstream_model: u, enabled: no}]\n"
      "routes: [{route: chat-completions, enabled: false, timeout: 90, max_request_body_bytes: 1, "
      "max_response_body_bytes: 2, drain_on_disconnect: yes, request_usd: 0.04}]\n"
      "projects: [{name: j, team: t}, {name: j2, team: t}, {name: j3}]\n"
      "keys: [{name: k, project: j, secret: " +
          key_secret('a') +
          ", overlap: 2h, disabled: true, expires_at: '2030-01-01T00:00:00Z', rotation_due_at: "
          "'2029-01-01T00:00:00+01:00', policy: {deny: true}}]\n"
          "policies: [{kind: global, allow_tools: false}, {kind: project, scope: j}, {kind: team, scope: t}, "
          "{kind: key, scope: k}, {kind: model, scope: m*},\n"
          "  {kind: route, scope: embeddings}]\n",
      "f.yaml", {});
  EXPECT_EQ(problems_of(reading), "");
  const File& file = reading.file;
  ASSERT_EQ(file.providers.size(), 2U);
  const domain::Provider& p = file.providers[0];
  EXPECT_EQ(p.kind, domain::ProviderKind::anthropic);
  EXPECT_EQ(p.base_url, "https://h/x");
  EXPECT_EQ(p.credential.reveal(), "secret");
  EXPECT_FALSE(p.enabled);
  EXPECT_EQ(p.fallback, "q");
  EXPECT_EQ(p.managed_by, "file");
  EXPECT_EQ(p.header, (domain::CredentialHeader{domain::CredentialHeaderMode::custom_header, "X-Token",
                                                domain::CredentialValueFormat::bearer}));
  EXPECT_EQ(p.connect_timeout_ms, 250);
  EXPECT_EQ(p.first_byte_timeout_ms, 60'000);
  EXPECT_EQ(p.idle_timeout_ms, 120'000);
  EXPECT_EQ(file.providers[1].kind, domain::ProviderKind::openai);
  EXPECT_EQ(file.providers[1].connect_timeout_ms, domain::Provider{}.connect_timeout_ms);
  ASSERT_EQ(file.models.size(), 1U);
  EXPECT_EQ(file.models[0].upstream_model, "u");
  EXPECT_FALSE(file.models[0].enabled);
  ASSERT_EQ(file.routes.size(), 1U);
  EXPECT_EQ(file.routes[0].route, domain::Route::chat_completions);
  EXPECT_FALSE(file.routes[0].enabled);
  EXPECT_EQ(file.routes[0].timeout_ms, 90'000);
  EXPECT_EQ(file.routes[0].max_request_body_bytes, 1);
  EXPECT_EQ(file.routes[0].max_response_body_bytes, 2);
  EXPECT_TRUE(file.routes[0].drain_on_disconnect);
  EXPECT_EQ(file.routes[0].request_cost, core::Money::nanos(40'000'000));
  EXPECT_THAT(file.teams, ElementsAre("t"));
  ASSERT_EQ(file.projects.size(), 3U);
  EXPECT_EQ(file.projects[1].team, "t");
  ASSERT_EQ(file.keys.size(), 1U);
  EXPECT_EQ(file.keys[0].secret.reveal(), key_secret('a'));
  EXPECT_EQ(file.keys[0].overlap, std::chrono::hours(2));
  EXPECT_TRUE(file.keys[0].disabled);
  EXPECT_EQ(core::to_rfc3339(*file.keys[0].expires_at), "2030-01-01T00:00:00Z");
  EXPECT_EQ(core::to_rfc3339(*file.keys[0].rotation_due_at), "2028-12-31T23:00:00Z");
  EXPECT_TRUE(file.keys[0].policy.deny);
  ASSERT_EQ(file.layers.size(), 6U);
  EXPECT_FALSE(file.layers[0].policy.allow_tools);
  EXPECT_EQ(file.layers[5].scope, "/v1/embeddings");
  EXPECT_EQ(file.revision.size(), 64U);
  EXPECT_NE(file.revision, read("{}", "f.yaml", {}).file.revision);
}

TEST(Read, AnEmptyMappingDeclaresNothing) {
  const Reading reading = read("{}\n", "f.yaml", {});
  EXPECT_EQ(problems_of(reading), "");
  EXPECT_TRUE(reading.file.providers.empty());
}

TEST(Read, NamesOfProviders) {
  for (const auto name : {"a", "A9", "open-ai.v2_x"}) {
    EXPECT_EQ(problems_in(std::string("providers: [{kind: echo, name: ") + name + "}]\n"), "") << name;
  }
  for (const auto name :
       {"'a b'", "a/b", ".a", "-a", "v1", "v1beta", "health", "providers", "services", "é", "'*'"}) {
    EXPECT_THAT(problems_in(std::string("providers: [{kind: echo, name: ") + name + "}]\n"),
                HasSubstr("f.yaml:1:32: providers[0].name: "))
        << name;
  }
  EXPECT_THAT(problems_in("providers: [{kind: echo, name: " + std::string(65, 'a') + "}]\n"),
              HasSubstr("must be 1 to 64"));
}

TEST(Read, NamesAreUniqueInTheirSection) {
  EXPECT_EQ(problems_in("providers:\n- {name: a, kind: echo}\n- {name: a, kind: echo}\nmodels:\n- {name: a, "
                        "provider: a}\n- {name: a, provider: a}\n"
                        "projects:\n- name: a\n- name: a\nkeys:\n- name: a\n- name: a\nroutes:\n- route: "
                        "models\n- route: /v1/models\n"
                        "policies:\n- {kind: project, scope: a}\n- {kind: project, scope: a}\n- kind: "
                        "global\n- kind: global\n"),
            "f.yaml:3:10: providers[1].name: is the same as in line 2\n"
            "f.yaml:6:10: models[1].name: is the same as in line 5\n"
            "f.yaml:9:9: projects[1].name: is the same as in line 8\n"
            "f.yaml:12:9: keys[1].name: is the same as in line 11\n"
            "f.yaml:15:10: routes[1].route: is the same as in line 14\n"
            "f.yaml:18:3: policies[1]: is the same as in line 17\n"
            "f.yaml:20:3: policies[3]: is the same as in line 19\n");
}

TEST(Read, ProviderRules) {
  const std::string problems = problems_in(
      "providers:\n- {name: a, kind: openai}\n- {name: b, kind: openai, base_url: 'http://h', credential: x, "
      "api_key: y}\n"
      "- {name: c, kind: echo, credential_header: {mode: custom_header}}\n"
      "- {name: d, kind: echo, credential_header: {mode: custom_header, name: Authorization}}\n"
      "- {name: e, kind: echo, credential_header: {mode: authorization_bearer, name: X}}\n"
      "- {name: f, kind: echo, credential: \"a\\nb\"}\n");
  for (const auto part : {"f.yaml:2:3: providers[0].base_url: is required",
                          "f.yaml:3:73: providers[1].api_key: is another name of credential",
                          "providers[2].credential_header.name: a header name is required",
                          "providers[3].credential_header.name: the header authorization",
                          "providers[4].credential_header.name: goes with the mode custom_header only",
                          "providers[5].credential: must not contain control characters"}) {
    EXPECT_THAT(problems, HasSubstr(part));
  }
}

TEST(Read, ReferencesThatLeadNowhere) {
  EXPECT_EQ(
      problems_in(
          "providers: [{name: openai-eu, kind: echo, fallback: opnai-eu}]\nmodels: [{name: m, provider: "
          "nobody}]\nprojects: [{name: search, team: core}]\n"
          "keys: [{name: k, project: serach}]\n"
          "policies: [{kind: project, scope: other}, {kind: team, scope: cor}, {kind: key, scope: kk}]\n"),
      "f.yaml:1:53: providers[0].fallback: names a provider that the file does not declare; did you mean "
      "`openai-eu`?\n"
      "f.yaml:2:30: models[0].provider: names a provider that the file does not declare\n"
      "f.yaml:4:27: keys[0].project: names a project that the file does not declare; did you mean `search`?\n"
      "f.yaml:5:35: policies[0].scope: names a project that the file does not declare\n"
      "f.yaml:5:63: policies[1].scope: names a team that the file does not declare; did you mean `core`?\n"
      "f.yaml:5:88: policies[2].scope: names a key that the file does not declare; did you mean `k`?\n");
}

TEST(Read, ModelsOnProvidersThatServeNone) {
  EXPECT_EQ(problems_in("providers: [{name: g, kind: gemini, base_url: 'https://h'}]\n"
                        "models: [{name: m, provider: g}, {name: n, provider: echo}]\n"),
            "f.yaml:2:30: models[0].provider: is of kind gemini, which serves no models; it is called at "
            "/providers/g/\n");
}

TEST(Read, ProvidersThatExistWithoutBeingDeclared) {
  const std::string text =
      "models: [{name: a, provider: echo}, {name: b, provider: litellm}, {name: c, provider: openai}]\n";
  EXPECT_THAT(problems_in(text), HasSubstr("f.yaml:1:87: models[2].provider"));
  EXPECT_EQ(problems_in(text, {{"DIRECT_OPENAI_BASE_URL", "https://api"}}), "");
  EXPECT_EQ(problems_in("server: {direct_openai: {base_url: 'https://api', service_key: k}}\n" + text), "");
}

TEST(Read, FallbacksMustNotGoInACircle) {
  EXPECT_EQ(problems_in("providers:\n- {name: a, kind: echo, fallback: b}\n- {name: b, kind: echo, fallback: "
                        "c}\n- {name: c, kind: echo, fallback: b}\n"
                        "- {name: d, kind: echo, fallback: d}\n- {name: e, kind: echo, fallback: a}\n"),
            "f.yaml:3:35: providers[1].fallback: leads back to this provider\n"
            "f.yaml:4:35: providers[2].fallback: leads back to this provider\n"
            "f.yaml:5:35: providers[3].fallback: leads back to this provider\n");
  EXPECT_EQ(
      problems_in(
          "providers:\n- {name: a, kind: echo, fallback: b}\n- {name: b, kind: echo, fallback: litellm}\n"),
      "");
}

TEST(Read, KeyRules) {
  const std::string problems =
      problems_in("keys:\n- {name: a, secret: hunter2}\n- {name: b, secret: " + key_secret('b') +
                  "}\n- {name: c, secret: " + key_secret('b') +
                  "}\n- {name: d, preset: developr}\n- {name: e, overlap: -1}\n- {name: '" +
                  std::string(121, 'x') + "'}\n- {name: g, secret: env.NOPE}\n");
  for (const auto part :
       {"f.yaml:2:21: keys[0].secret: must be `rk_live_`",
        "f.yaml:4:21: keys[2].secret: is the same as in line 3", "keys[3].preset: must be one of developer",
        "keys[4].overlap: must be a duration", "keys[5].name: is longer than 120 bytes",
        "keys[6].secret: the variable NOPE is not set"}) {
    EXPECT_THAT(problems, HasSubstr(part));
  }
  EXPECT_THAT(problems, Not(HasSubstr("hunter2")));
  EXPECT_THAT(problems, Not(HasSubstr("bbbbbb")));
}

TEST(Read, LayerScopes) {
  const std::string problems = problems_in(
      "policies:\n- {kind: global, scope: x}\n- kind: model\n- {kind: route, scope: /v1/nothing}\n- {kind: "
      "route, scope: '/v1/messages*'}\n");
  EXPECT_EQ(problems,
            "f.yaml:2:25: policies[0].scope: does not go with the kind global\n"
            "f.yaml:3:3: policies[1].scope: is required for the kind model\n"
            "f.yaml:4:24: policies[2].scope: is not a route; example: /v1/chat/completions\n");
}

TEST(Read, RoutesByLabelAndById) {
  EXPECT_EQ(problems_in("routes: {/v1/chat/completions: {timeout: 1m}, embeddings: {enabled: false}, "
                        "messages-count-tokens: {}}\n"),
            "");
  EXPECT_EQ(
      problems_in("routes: {chat: {timeout: 1m}}\n"),
      "f.yaml:1:10: routes[0].route: is not a route; example: /v1/chat/completions or chat-completions\n");
}

TEST(Read, EverythingWrongIsReportedAtOnceAndInOrder) {
  const Reading reading = read(
      "services: [a]\nkeys: [{name: a, project: x, colour: red}]\nproviders: [{kind: nope}]\nunknown: "
      "1\nmodels: [{name: m, provider: p, enabled: ${V}}]\n",
      "f.yaml", {});
  std::vector<std::string> places;
  for (const auto& problem : reading.problems) places.push_back(problem.where);
  // The unquoted braces end the parse: that alone is reported.
  EXPECT_EQ(places.size(), 1U);
  const std::string all = problems_in(
      "services: [a]\nkeys: [{name: a, project: x, colour: red}]\nproviders: [{kind: nope}]\nunknown: 1\n");
  EXPECT_THAT(
      all,
      testing::MatchesRegex(
          "f.yaml:1:11: services.*\nf.yaml:2:27: keys.0..project.*\nf.yaml:2:30: keys.0..colour.*\n"
          "f.yaml:3:13: providers.0..name.*\nf.yaml:3:20: providers.0..kind.*\nf.yaml:4:1: unknown.*\n"));
}

TEST(Read, WhatIsNotAFile) {
  const Reading reading = read_file("does-not-exist.yaml", {});
  EXPECT_EQ(problems_of(reading), "does-not-exist.yaml: cannot be read: No such file or directory\n");
  EXPECT_EQ(problems_in("- a\n"), "f.yaml:1:1: must be a mapping with keys such as `providers` and `keys`\n");
  EXPECT_EQ(problems_in(""), "f.yaml: is empty\n");
  for (const auto text : {"providers: {a: b}\n", "keys: text\n", "keys: [1, [2], ~]\n", "policies: [[]]\n",
                          "routes: []\n", "models:\n", "keys: [{name: [], policy: [], preset: {}}]\n",
                          "providers: [{name: {}, timeouts: 5, credential: [], credential_header: x}]\n"}) {
    (void)problems_in(text);  // answered without falling over
  }
}

TEST(Read, EveryCutOfAFileIsAnswered) {
  const std::string text =
      "providers:\n- {name: p, kind: echo}\nmodels: [{name: m, provider: p}]\nkeys:\n- name: k\n  secret: " +
      key_secret('a') +
      "\n  policy: {allowed_models: [m], max_tool_call_count: 3}\npolicies:\n- kind: global\n  deny: false\n";
  ASSERT_EQ(problems_in(text), "");
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_THAT(problems_in(text.substr(0, i)), Not(HasSubstr("aaaaaaaa"))) << i;
  }
}

TEST(Validate, JoinsProcessSettingsAndObjectsInOrderWithoutRepeating) {
  const std::string path = testing::TempDir() + "declare_validate.yaml";
  const auto validate = [&](std::string_view text) {
    std::ofstream(path) << text;
    std::string all;
    for (const auto& problem : validate_file(path, {}))
      all += problem.where.substr(path.size()) + ": " + problem.message + "\n";
    std::remove(path.c_str());
    return all;
  };
  EXPECT_EQ(validate("keys: [{nme: a}]\nserver: {bind: here}\nmodels: [{name: m, provider: x}]\nlogging: "
                     "{levl: info}\n"),
            ":1:8: keys[0].name: is required; example: search-backend\n"
            ":1:9: keys[0].nme: is not a known key; did you mean `name`?\n"
            ":2:16: server.bind: must be ip:port, [v6]:port or :port, with a port from 0 to 65535; example: "
            "127.0.0.1:8080\n"
            ":3:30: models[0].provider: names a provider that the file does not declare\n"
            ":4:11: logging.levl: is not a known key; did you mean `level`?\n");
  EXPECT_THAT(validate("a: [\n"), testing::StartsWith(":1:"));
  EXPECT_EQ(validate(""), ": is empty\n");
  EXPECT_EQ(validate("server: {bind: ':1'}\n"), "");
  EXPECT_THAT(validate_file(path, {}),
              ElementsAre(config::Problem{path, "cannot be read: No such file or directory"}));
}

}  // namespace
}  // namespace relayna::declare
