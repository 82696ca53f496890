// The first operator: once, whoever starts when.
#include "relayna/identity/bootstrap.hpp"

#include <thread>

#include "relayna/identity/operators.hpp"

#include "installation.hpp"

namespace relayna::identity {
namespace {

using domain::Operator;

const core::Secret kToken("op_live_" + std::string(64, 'a'));

class BootstrapContract : public test::Installation {
 protected:
  Bootstrapped bootstrap(const BootstrapSettings& settings = {}) {
    auto done = bootstrap_operators(store(), keyring(), settings, clock_.wall());
    EXPECT_TRUE(done) << done.error().describe();
    return done ? std::move(*done) : Bootstrapped{};
  }
  static BootstrapSettings with_account() {
    BootstrapSettings settings;
    settings.account = {.email = "Admin@Example.com",
                        .password = core::Secret("first password"),
                        .must_change_password = true};
    return settings;
  }
  std::vector<Operator> all() { return store().administration().of<Operator>().list({}).value().rows; }
  std::optional<Operator> holder(const core::Secret& token) {
    return store().administration().find_operator(keyring().hash(token.reveal())).value();
  }
  void edit(const std::string& id, const std::function<void(Operator&)>& change) {
    ASSERT_OK(store().administration().change([&](store::Unit& unit) -> core::Result<void> {
      auto row = unit.of<Operator>().find(id);
      if (!row) return std::unexpected(row.error());
      change(row->value());
      return unit.of<Operator>().update(**row);
    }));
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, BootstrapContract, test::kBackends, test::backend_name);

TEST_P(BootstrapContract, TheFirstStartGeneratesATokenAndTheSecondDoesNot) {
  const auto first = bootstrap();
  ASSERT_FALSE(first.generated_token.empty());
  EXPECT_FALSE(first.operator_existed);
  const auto who = holder(first.generated_token);
  ASSERT_TRUE(who);
  EXPECT_EQ(who->name, "bootstrap");
  EXPECT_EQ(who->scopes, std::vector<std::string>{"*"});
  EXPECT_TRUE(who->bootstrap);
  const auto audit = store().administration().of<domain::AuditEvent>().list({}).value().rows;
  ASSERT_EQ(audit.size(), 1U);
  EXPECT_EQ(audit[0].action, "operators.bootstrap");
  EXPECT_EQ(audit[0].actor_name, "gateway");

  const auto second = bootstrap();
  EXPECT_TRUE(second.operator_existed);
  EXPECT_TRUE(second.generated_token.empty());
  EXPECT_EQ(all().size(), 1U);
}

TEST_P(BootstrapContract, AGivenTokenIsTakenAndLaterOnesAreIgnored) {
  const auto first = bootstrap({.admin_token = kToken});
  EXPECT_TRUE(first.generated_token.empty());
  EXPECT_TRUE(holder(kToken));
  const auto second = bootstrap({.admin_token = core::Secret("op_live_" + std::string(64, 'b'))});
  ASSERT_EQ(second.notes.size(), 1U);
  EXPECT_NE(second.notes[0].find("ignored"), std::string::npos);
  EXPECT_EQ(all().size(), 1U);
}

TEST_P(BootstrapContract, AMalformedTokenIsNamedAndNotShown) {
  const auto refused =
      bootstrap_operators(store(), keyring(), {.admin_token = core::Secret("op_live_short")}, clock_.wall());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::ErrorCode::invalid_configuration);
  EXPECT_NE(refused.error().message.find("GATEWAY_ADMIN_TOKEN"), std::string::npos);
  EXPECT_EQ(refused.error().describe().find("op_live_short"), std::string::npos);
}

TEST_P(BootstrapContract, ReplicasThatStartTogetherMakeOneOperatorAndShowOneToken) {
  constexpr int kReplicas = 4;
  std::vector<std::unique_ptr<store::Store>> stores;
  for (int i = 0; i < kReplicas; ++i) stores.push_back(backend().open());
  std::vector<Bootstrapped> done(kReplicas);
  std::vector<std::thread> threads;
  for (int i = 0; i < kReplicas; ++i) {
    threads.emplace_back([&, i] {
      const auto keyring = open_keyring(*stores[i]);
      auto made = bootstrap_operators(*stores[i], *keyring, with_account(), clock_.wall());
      EXPECT_TRUE(made) << made.error().describe();
      if (made) done[i] = std::move(*made);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(all().size(), 1U) << "the account; it makes a token unnecessary";

  edit(all().at(0).id, [](Operator& who) { who.disabled = true; });
  threads.clear();
  for (int i = 0; i < kReplicas; ++i) {
    threads.emplace_back([&, i] {
      const auto keyring = open_keyring(*stores[i]);
      auto made = bootstrap_operators(*stores[i], *keyring, {}, clock_.wall());
      EXPECT_TRUE(made) << made.error().describe();
      if (made) done[i] = std::move(*made);
    });
  }
  for (auto& thread : threads) thread.join();
  int shown = 0;
  for (const auto& one : done) {
    if (one.generated_token.empty()) continue;
    ++shown;
    EXPECT_TRUE(holder(one.generated_token));
  }
  EXPECT_EQ(shown, 1);
}

TEST_P(BootstrapContract, WhenNobodyIsActiveANewOneTakesThePlace) {
  const auto first = bootstrap();
  const std::string id = holder(first.generated_token)->id;
  edit(id, [](Operator& who) { who.disabled = true; });
  const auto second = bootstrap();
  ASSERT_FALSE(second.generated_token.empty());
  EXPECT_NE(holder(second.generated_token)->id, id);
  EXPECT_TRUE(holder(first.generated_token)->revoked_at) << "its name was needed";
}

TEST_P(BootstrapContract, ATokenWhoseAccessWasEndedIsNotRevivedByARestart) {
  bootstrap({.admin_token = kToken});
  edit(holder(kToken)->id, [this](Operator& who) { who.revoked_at = clock_.wall(); });
  EXPECT_FAILS(invalid_configuration,
               bootstrap_operators(store(), keyring(), {.admin_token = kToken}, clock_.wall()));
}

TEST_P(BootstrapContract, TheDeclaredAccountIsMadeOnceAndNotBroughtBack) {
  const auto first = bootstrap(with_account());
  EXPECT_TRUE(first.generated_token.empty());
  const auto who = store().administration().find_operator_by_email("admin@example.com").value();
  ASSERT_TRUE(who);
  EXPECT_TRUE(verify_password(core::Secret("first password"), who->password_hash));
  EXPECT_TRUE(who->password_expired);
  EXPECT_FALSE(who->bootstrap);

  edit(who->id, [](Operator& row) { row.email = "ada@example.com", row.name = "ada"; });
  bootstrap(with_account());
  EXPECT_EQ(all().size(), 1U) << "an account with a password that everybody could read is not made again";
}

TEST_P(BootstrapContract, AnAccountBesideAGivenTokenGivesBoth) {
  auto settings = with_account();
  settings.admin_token = kToken;
  bootstrap(settings);
  EXPECT_EQ(all().size(), 2U);
  EXPECT_TRUE(holder(kToken));
}

TEST_P(BootstrapContract, AnAccountThatWillNotDoIsNamed) {
  auto settings = with_account();
  settings.account->password = core::Secret("short");
  const auto refused = bootstrap_operators(store(), keyring(), settings, clock_.wall());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("identity.bootstrap_admin.password"), std::string::npos);
  EXPECT_TRUE(all().empty());
}

TEST_P(BootstrapContract, TheNoticeLastsUntilTheInstallationsTokenIsRotated) {
  EXPECT_EQ(bootstrap_token_in_use(store().administration(), clock_.wall()), false);
  const auto first = bootstrap();
  EXPECT_EQ(bootstrap_token_in_use(store().administration(), clock_.wall()), true);
  auto hasher = keyring().hasher();
  edit(holder(first.generated_token)->id,
       [&](Operator& who) { (void)rotate(who, clock_.wall(), kDefaultOverlap, hasher); });
  EXPECT_EQ(bootstrap_token_in_use(store().administration(), clock_.wall()), false);
  EXPECT_FALSE(holder(first.generated_token)) << "without overlap";
}

TEST_P(BootstrapContract, AResetEndsTheLostTokenOrMakesTheOperator) {
  bootstrap(with_account());
  const auto first = reset_bootstrap_operator(store(), keyring(), clock_.wall());
  ASSERT_OK(first);
  EXPECT_TRUE(holder(*first)) << "there was none";
  const auto second = reset_bootstrap_operator(store(), keyring(), clock_.wall());
  ASSERT_OK(second);
  EXPECT_FALSE(holder(*first));
  ASSERT_TRUE(holder(*second));
  EXPECT_TRUE(holder(*second)->bootstrap);
  EXPECT_EQ(all().size(), 2U);
}

}  // namespace
}  // namespace relayna::identity
