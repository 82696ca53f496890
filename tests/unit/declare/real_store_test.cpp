// What the fake store promises, the real one keeps: a file applied to SQLite twice changes nothing the second
// time, whatever a row looks like after it has been stored and read.
#include "fixture.hpp"
#include "support/temp_dir.hpp"

namespace relayna::declare {
namespace {

using testing::IsEmpty;

class RealStore : public testing::Test {
 protected:
  void SetUp() override {
    store_ = store::make_sqlite_store({.path = folder_.path("gateway.db")}).value();
    ASSERT_TRUE(store_->migrations().apply());
  }
  Report apply_text(std::string_view text) {
    const Reading reading = read(text, "f.yaml", {});
    EXPECT_EQ(problems_of(reading), "");
    return apply_file(reading.file);
  }
  Report apply_file(const File& file) {
    auto report =
        apply(file, *store_, sealing_.get(), core::parse_rfc3339("2026-11-20T12:00:00.123456Z").value());
    EXPECT_TRUE(report) << report.error().describe();
    return report ? *report : Report{};
  }

  test::TempDir folder_;
  FakeSealing sealing_;
  std::unique_ptr<store::Store> store_;
};

TEST_F(RealStore, TheExampleTwice) {
  const std::string path = std::string(RELAYNA_SOURCE_DIR) + "/docs/examples/relayna-gateway.yaml";
  const Reading reading = read_file(path, {{"OPENAI_API_KEY", "a"},
                                           {"ANTHROPIC_API_KEY", "b"},
                                           {"LITELLM_KEY", "c"},
                                           {"SEARCH_KEY", key_secret('1')},
                                           {"PARTNER_KEY", key_secret('2')}});
  ASSERT_EQ(problems_of(reading), "");
  const Report first = apply_file(reading.file);
  EXPECT_GT(first.created.size(), 15U);
  const auto revision = store_->catalog().revision().value();
  const Report second = apply_file(reading.file);
  EXPECT_THAT(second.unchanged, testing::UnorderedElementsAreArray(first.created));
  EXPECT_THAT(second.created, IsEmpty());
  EXPECT_THAT(second.updated, IsEmpty());
  EXPECT_EQ(store_->catalog().revision().value(), revision) << "no replica is told of anything";
}

TEST_F(RealStore, SecretsChangeNamesChangeAndEverythingCanGoAndComeBack) {
  const auto text = [](char digit, const std::string& name) {
    return "providers: [{name: p, kind: openai, base_url: 'http://h', credential: c, credential_header: "
           "{mode: custom_header, name: X-T}}]\n"
           "models: [{name: m, provider: p}]\nroutes: {embeddings: {timeout: 5s, drain_on_disconnect: "
           "true}}\nprojects: [{name: j, team: t}]\n"
           "keys: [{name: " +
           name + ", project: j, overlap: 1h, secret: " + key_secret(digit) +
           ", expires_at: '2030-01-01T00:00:00.5Z', policy: {allowed_models: ['a*'], allowed_hours_utc: [3, "
           "1]}}]\n"
           "policies: [{kind: global}, {kind: project, scope: j, deny: true}, {kind: key, scope: " +
           name + "}]\n" +
           "limits: [{name: a, scope: project, target: j, monthly_budget_usd: 9000000000.000000001}, {name: "
           "b, scope: "
           "key, target: " +
           name +
           ", rpm_limit: 0}, {name: c, scope: end_user, target: 'ada ⚙', model: 'g*', soft: true, "
           "daily_budget_usd: 1}]\npricing: [{provider: p, model: m, effective_from: "
           "'2027-01-01T00:00:00.000001Z', "
           "input_usd_per_million: 0.000000001, long_context: {above_input_tokens: 1, "
           "audio_input_usd_per_million: "
           "2}}, {provider: p, model: m, request_usd: 0}]\n";
  };
  apply_text(text('a', "k"));
  const auto id = store_->keys().find_by_name("k").value()->id;
  EXPECT_EQ(apply_text(text('b', "k")).updated, std::vector<std::string>{"key k"});
  EXPECT_TRUE(store_->keys().find_by_hash(core::sha256(key_secret('a'))).value()) << "the overlap";
  EXPECT_THAT(apply_text(text('b', "k")).updated, IsEmpty());
  EXPECT_EQ(apply_text(text('b', "k2")).updated, std::vector<std::string>{"key k2 (renamed)"});
  EXPECT_EQ(store_->keys().find_by_name("k2").value()->id, id);
  EXPECT_EQ(apply_text("{}\n").disabled.size(), 12U);
  EXPECT_THAT(apply_text("{}\n").disabled, IsEmpty());
  const Report back = apply_text(text('b', "k2"));
  EXPECT_THAT(back.created, IsEmpty());
  EXPECT_THAT(apply_text(text('b', "k2")).updated, IsEmpty());
}

}  // namespace
}  // namespace relayna::declare
