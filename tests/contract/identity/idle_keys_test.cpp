// Keys nobody used for as long as their policy allows.
#include "relayna/identity/idle_keys.hpp"

#include "../store/samples.hpp"
#include "installation.hpp"

namespace relayna::identity {
namespace {

using std::chrono::days;
using std::chrono::hours;
using test::at;

class IdleKeysContract : public test::Installation {
 protected:
  static constexpr core::SystemTime kNow{std::chrono::sys_days{std::chrono::year{2027} / 3 / 1}};

  /// Used (or made, when `used` is false) so long ago.
  static domain::VirtualKey key(const std::string& name, core::SystemTime::duration ago,
                                std::optional<std::int64_t> allowed_days, bool used = true) {
    auto key = test::sample_key(name);
    key.disabled = false;
    key.managed_by.clear();
    key.policy.unused_key_auto_disable_after_days = allowed_days;
    key.created_at = used ? kNow - days(300) : kNow - ago;
    key.last_used_at.reset();
    if (used) key.last_used_at = kNow - ago;
    return key;
  }
  void create(const domain::VirtualKey& key) { ASSERT_OK(store().keys().create(key, test::kActor)); }
  std::vector<std::string> disabled(std::size_t at_most = 100) {
    auto ids = disable_idle_keys(store(), kNow, at_most);
    if (!ids) ADD_FAILURE() << ids.error().describe();
    return ids.value_or(std::vector<std::string>{});
  }
  bool is_disabled(const domain::VirtualKey& key) { return store().keys().get(key.id)->disabled; }
  std::vector<domain::AuditEvent> audit() {
    return store().administration().of<domain::AuditEvent>().list({})->rows;
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, IdleKeysContract, test::kBackends, test::backend_name);

TEST_P(IdleKeysContract, AreDisabledWithAnAuditRow) {
  const auto idle = key("idle", days(8), 7);
  const auto never_used = key("never used", days(8), 7, false);
  const auto in_use = key("in use", days(6), 7);
  const auto may_rest = key("may rest", days(200), std::nullopt);
  for (const auto& one : {idle, never_used, in_use, may_rest}) create(one);
  EXPECT_EQ(disabled().size(), 2U);
  EXPECT_TRUE(is_disabled(idle));
  EXPECT_TRUE(is_disabled(never_used));
  EXPECT_FALSE(is_disabled(in_use));
  EXPECT_FALSE(is_disabled(may_rest));
  EXPECT_EQ(store().keys().get(idle.id)->updated_at, kNow);

  const auto rows = audit();
  ASSERT_EQ(rows.size(), 2U);
  for (const auto& row : rows) {
    EXPECT_EQ(row.actor_name, "gateway");
    EXPECT_EQ(row.action, "keys.disable");
    EXPECT_EQ(row.target_type, "keys");
    EXPECT_TRUE(row.target_id == idle.id || row.target_id == never_used.id);
    EXPECT_EQ(row.created_at, kNow);
  }
  EXPECT_TRUE(disabled().empty()) << "once";
  EXPECT_EQ(audit().size(), 2U);
}

TEST_P(IdleKeysContract, WhatLayersAllowCounts) {
  auto project = test::sample_project("p");
  ASSERT_OK(store().catalog().upsert_project(project, test::kActor));
  auto layer = test::sample_layer(domain::LayerKind::project, project.id);
  layer.policy.unused_key_auto_disable_after_days = 30;
  ASSERT_OK(store().catalog().upsert_layer(layer, test::kActor));
  auto of_project = key("of the project", days(31), std::nullopt);
  auto stricter = key("stricter itself", days(8), 7);
  auto elsewhere = key("elsewhere", days(31), std::nullopt);
  of_project.project_id = stricter.project_id = project.id;
  for (const auto& one : {of_project, stricter, elsewhere}) create(one);
  EXPECT_EQ(disabled().size(), 2U);
  EXPECT_FALSE(is_disabled(elsewhere));
}

TEST_P(IdleKeysContract, OneThatWasUsedAMomentAgoMayNotHaveBeenReportedYet) {
  create(key("at its end", days(7) + std::chrono::minutes(5), 7));
  EXPECT_TRUE(disabled().empty());
}

TEST_P(IdleKeysContract, WhatIsDeclaredRevokedOrDisabledStaysAsItIs) {
  auto declared = key("declared", days(100), 7);
  declared.managed_by = "file";
  auto revoked = key("revoked", days(100), 7);
  revoked.revoked_at = kNow - days(50);
  auto off = key("off", days(100), 7);
  off.disabled = true;
  for (const auto& one : {declared, revoked, off}) create(one);
  EXPECT_TRUE(disabled().empty());
  EXPECT_FALSE(is_disabled(declared));
}

TEST_P(IdleKeysContract, NoMoreAtOnceThanAsked) {
  for (int i = 0; i < 5; ++i) create(key("k" + std::to_string(i), days(100), 7));
  EXPECT_EQ(disabled(2).size(), 2U);
  EXPECT_EQ(disabled(2).size(), 2U);
  EXPECT_EQ(disabled(2).size(), 1U);
}

}  // namespace
}  // namespace relayna::identity
