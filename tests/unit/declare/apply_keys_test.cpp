#include "fixture.hpp"

namespace relayna::declare {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

std::string one_key(char secret, std::string_view more = "") {
  return "keys: [{name: k, secret: " + key_secret(secret) + std::string(more) + "}]\n";
}

TEST_F(ApplyTest, AKeyIsStoredAsItsHash) {
  apply_text(one_key('a', ", expires_at: '2030-01-01T00:00:00Z', policy: {allowed_models: [m]}"));
  EXPECT_EQ(key("k").hash, core::sha256(key_secret('a')));
  EXPECT_EQ(key("k").prefix, "rk_live_aaaaaaaa");
  EXPECT_EQ(key("k").managed_by, "file");
  EXPECT_EQ(core::to_rfc3339(*key("k").expires_at), "2030-01-01T00:00:00Z");
  EXPECT_THAT(key("k").policy.allowed_models, ElementsAre("m"));
  EXPECT_TRUE(core::Uuid::parse(key("k").id));
  EXPECT_EQ(key("k").created_at, now_);
}

TEST_F(ApplyTest, AChangedSecretReplacesTheOldOneAtOnce) {
  apply_text(one_key('a'));
  const std::string id = key("k").id;
  EXPECT_THAT(apply_text(one_key('b')).updated, ElementsAre("key k"));
  EXPECT_EQ(key("k").id, id);
  EXPECT_EQ(key("k").hash, core::sha256(key_secret('b')));
  EXPECT_FALSE(key("k").previous_hash);
  EXPECT_FALSE(key("k").previous_valid_until);
  EXPECT_EQ(key("k").prefix, "rk_live_bbbbbbbb");
}

TEST_F(ApplyTest, WithAnOverlapTheOldSecretWorksForAWhile) {
  apply_text(one_key('a'));
  now_ += 1h;
  apply_text(one_key('b', ", overlap: 2h"));
  EXPECT_EQ(key("k").previous_hash, core::sha256(key_secret('a')));
  EXPECT_EQ(key("k").previous_valid_until, now_ + 2h);
  const int writes = store_.writes;
  now_ += 1h;
  EXPECT_THAT(apply_text(one_key('b', ", overlap: 2h")).unchanged, ElementsAre("key k"));
  EXPECT_EQ(store_.writes, writes) << "the overlap is not prolonged by a restart";
  apply_text(one_key('c'));
  EXPECT_FALSE(key("k").previous_hash) << "without an overlap no old secret works";
}

TEST_F(ApplyTest, WithoutASecretTheKeyKeepsTheOneItHas) {
  apply_text(one_key('a'));
  const Report report = apply_text("keys: [{name: k, disabled: true}]\n");
  EXPECT_THAT(report.updated, ElementsAre("key k"));
  EXPECT_EQ(key("k").hash, core::sha256(key_secret('a')));
  EXPECT_TRUE(key("k").disabled);
}

TEST_F(ApplyTest, WithoutASecretAndWithoutAKeyItIsSkipped) {
  const Report report = apply_text("keys: [{name: k}]\npolicies: [{kind: key, scope: k}]\n");
  EXPECT_THAT(report.skipped, ElementsAre(HasSubstr("key k: it does not exist and no secret is declared"),
                                          HasSubstr("policy key k: what it is for does not exist")));
  EXPECT_TRUE(store_.all_keys.empty());
}

TEST_F(ApplyTest, LastUseAndRevocationAreNotTouched) {
  apply_text(one_key('a'));
  store_.all_keys[0].last_used_at = now_;
  apply_text(one_key('b'));
  EXPECT_EQ(key("k").last_used_at, now_);
}

TEST_F(ApplyTest, ARevokedSecretStaysRevoked) {
  apply_text(one_key('a'));
  store_.all_keys[0].revoked_at = now_;
  const Report report = apply_text(one_key('a'));
  EXPECT_THAT(report.skipped, ElementsAre(HasSubstr("key k: its secret belongs to a key that was revoked")));
  EXPECT_EQ(store_.all_keys.size(), 1U);
  EXPECT_THAT(apply_text(one_key('b')).created, ElementsAre("key k"));
  EXPECT_EQ(store_.all_keys.size(), 2U);
}

TEST_F(ApplyTest, ARenamedKeyKeepsItsId) {
  apply_text(one_key('a'));
  const std::string id = key("k").id;
  const Report report = apply_text("keys: [{name: k2, secret: " + key_secret('a') + "}]\n");
  EXPECT_THAT(report.updated, ElementsAre("key k2 (renamed)"));
  EXPECT_THAT(report.disabled, IsEmpty());
  EXPECT_EQ(key("k2").id, id);
  EXPECT_EQ(store_.all_keys.size(), 1U);
}

TEST_F(ApplyTest, ASecretOfAnotherKeyIsNotTaken) {
  domain::VirtualKey other;
  other.id = core::IdGenerator().uuid7().str();
  other.name = "made-in-portal";
  other.hash = core::sha256(key_secret('a'));
  other.previous_hash = core::sha256(key_secret('b'));
  other.previous_valid_until = now_ + 1h;
  store_.all_keys.push_back(other);
  EXPECT_THAT(apply_text(one_key('a')).skipped, ElementsAre(HasSubstr("belongs to the key made-in-portal")));
  EXPECT_THAT(apply_text(one_key('b')).skipped,
              ElementsAre(HasSubstr("belongs to the key made-in-portal, as its previous one")));
  EXPECT_EQ(store_.all_keys.size(), 1U);
  now_ += 2h;
  EXPECT_THAT(apply_text(one_key('b')).created, ElementsAre("key k"));
}

TEST_F(ApplyTest, TwoKeysMaySwapNamesOneFileApart) {
  apply_text("keys: [{name: a, secret: " + key_secret('1') + "}, {name: b, secret: " + key_secret('2') +
             "}]\n");
  const Report report = apply_text("keys: [{name: a, secret: " + key_secret('3') +
                                   "}, {name: b, secret: " + key_secret('1') + "}]\n");
  EXPECT_THAT(report.skipped, IsEmpty());
  EXPECT_EQ(key("b").hash, core::sha256(key_secret('1')));
}

TEST_F(ApplyTest, AReplicaThatWasFasterIsNoFailure) {
  store_.before_create = [this] {
    domain::VirtualKey theirs;
    theirs.id = core::IdGenerator().uuid7().str();
    theirs.name = "k";
    theirs.prefix = "rk_live_aaaaaaaa";
    theirs.hash = core::sha256(key_secret('a'));
    theirs.managed_by = "file";
    store_.all_keys.push_back(theirs);
  };
  EXPECT_THAT(apply_text(one_key('a')).unchanged, ElementsAre("key k"));
  EXPECT_EQ(store_.all_keys.size(), 1U);
}

TEST_F(ApplyTest, EveryFieldOfAKeyCounts) {
  apply_text("projects: [{name: j}]\n" + one_key('a'));
  for (const auto change : {", project: j", ", disabled: true", ", expires_at: '2030-01-01T00:00:00Z'",
                            ", rotation_due_at: '2030-01-01T00:00:00Z'", ", policy: {deny: true}"}) {
    EXPECT_THAT(apply_text("projects: [{name: j}]\n" + one_key('a', change)).updated, ElementsAre("key k"))
        << change;
    apply_text("projects: [{name: j}]\n" + one_key('a'));
  }
}

TEST_F(ApplyTest, NoReportShowsASecret) {
  apply_text(one_key('a'));
  store_.all_keys[0].revoked_at = now_;
  const Report report = apply_text(one_key('a'));
  for (const auto& list :
       {report.created, report.updated, report.unchanged, report.disabled, report.skipped}) {
    for (const std::string& line : list) EXPECT_THAT(line, testing::Not(HasSubstr("aaaaaaaa")));
  }
}

}  // namespace
}  // namespace relayna::declare
