// Rotating the data key while gateways run: values can be read all the time, whatever dies when.
#include "relayna/identity/key_rotation.hpp"

#include <atomic>
#include <thread>

#include "relayna/catalog/build.hpp"
#include "relayna/core/ids.hpp"

#include "installation.hpp"

namespace relayna::identity {
namespace {

using std::chrono::seconds;

constexpr int kProviders = 60;  // more than a chunk

/// Lets a number of writes through and then fails every call, as if the process had died there.
class MortalSecrets final : public store::SecretsRepository {
 public:
  MortalSecrets(store::SecretsRepository& real, int writes) : real_(real), writes_(writes) {}
  core::Result<std::optional<std::string>> get(const std::string& name) override {
    if (dead()) return died();
    return real_.get(name);
  }
  core::Result<std::string> put_if_absent(const std::string& name, const std::string& value) override {
    if (dead() || writes_-- == 0) return died();
    return real_.put_if_absent(name, value);
  }
  core::Result<void> replace(const std::string& name, const std::string& expected,
                             const std::string& value) override {
    if (dead() || writes_-- == 0) return died();
    return real_.replace(name, expected, value);
  }

 private:
  [[nodiscard]] bool dead() const { return writes_ < 0; }
  static std::unexpected<core::Error> died() { return core::fail(core::ErrorCode::store_unavailable); }
  store::SecretsRepository& real_;
  int writes_;
};

class KeyRotationContract : public test::Installation {
 protected:
  void SetUp() override {
    Installation::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    for (int i = 0; i < kProviders; ++i) {
      store::ProviderRow row;
      row.provider.id = new_id();
      row.provider.name = "p" + std::to_string(i);
      row.provider.kind = domain::ProviderKind::openai;
      row.provider.base_url = "http://h";
      row.sealed_credential =
          seal("secret of p" + std::to_string(i), catalog::provider_context(row.provider.name));
      insert(row);
      if (i == 0) first_ = row.provider.id;
    }
    store::ProviderCredentialRow credential;
    credential.credential.id = new_id();
    credential.credential.provider_id = first_;
    credential.credential.name = "second";
    credential.sealed_credential = seal("c", catalog::credential_context(credential.credential.id));
    insert(credential);
    insert(domain::Setting{.name = "studio_connection",
                           .value = "{}",
                           .sealed_secret = seal("s", catalog::setting_context("studio_connection")),
                           .updated_at = clock_.wall()});
    insert(domain::Setting{
        .name = "retention", .value = "{}", .sealed_secret = "", .updated_at = clock_.wall()});
    domain::AlertWebhook webhook;
    webhook.id = new_id();
    webhook.name = "w";
    webhook.url = "http://h";
    webhook.sealed_secret = seal("w", catalog::webhook_context(webhook.id));
    insert(webhook);
  }
  static constexpr std::int64_t kSealed = kProviders + 3;

  static std::string new_id() { return core::IdGenerator().uuid7().str(); }
  std::string seal(std::string_view text, std::string_view context) {
    return keyring().seal(text, context).value();
  }
  template <class Row>
  void insert(const Row& row) {
    ASSERT_OK(store().administration().change([&](store::Unit& unit) { return unit.of<Row>().insert(row); }));
  }
  KeyRotation rotation() { return KeyRotation(store().administration(), keyring(), clock_); }

  /// By a process that has just started, and by one that was there before.
  void expect_all_readable(Keyring& by, store::Store& from) {
    store::ListQuery query{.limit = 200};
    auto rows = from.administration().of<store::ProviderRow>().list(query);
    ASSERT_OK(rows);
    EXPECT_EQ(rows->rows.size(), static_cast<std::size_t>(kProviders));
    for (const auto& row : rows->rows) {
      const auto opened = by.open(row.sealed_credential, catalog::provider_context(row.provider.name));
      ASSERT_OK(opened);
      EXPECT_EQ(opened->reveal(), "secret of " + row.provider.name);
    }
  }
  void expect_all_readable() {
    expect_all_readable(keyring(), store());
    expect_all_readable(*open_keyring(store()), store());
  }
  std::string row(const std::string& name) { return store().secrets().get(name).value().value_or(""); }
  /// Steps until the rotation ends; false when a step fails first.
  bool drive(KeyRotation& rotation) {
    for (int i = 0; i < 20; ++i) {
      auto progress = rotation.step();
      if (!progress) return false;
      if (!progress->running) return true;
      clock_.advance(seconds(30));
    }
    ADD_FAILURE() << "the rotation does not end";
    return false;
  }

  std::string first_;
};
INSTANTIATE_TEST_SUITE_P(Backends, KeyRotationContract, test::kBackends, test::backend_name);

TEST_P(KeyRotationContract, BeforeAnyEverythingIsUnderTheFirstKeyInTheFormOlderProgramsRead) {
  const auto progress = rotation().progress();
  ASSERT_OK(progress);
  EXPECT_FALSE(progress->running);
  EXPECT_EQ(progress->data_key_id, "");
  EXPECT_EQ(progress->total, kSealed);
  EXPECT_EQ(progress->done, kSealed);
  EXPECT_EQ(progress->remaining, 0);
  EXPECT_TRUE(row("data_key").starts_with("v1:"));
  EXPECT_TRUE(seal("x", "c").starts_with("v1:"));
}

TEST_P(KeyRotationContract, EndsWithEverythingUnderANewKeyAndTheOldOneGone) {
  const std::string old_row = row("data_key");
  auto rotating = rotation();
  ASSERT_OK(rotating.begin());
  auto progress = rotating.progress();
  ASSERT_OK(progress);
  EXPECT_TRUE(progress->running);
  EXPECT_EQ(progress->remaining, kSealed);
  EXPECT_EQ(progress->begun_at, std::chrono::floor<seconds>(clock_.wall()));
  std::int64_t left = progress->remaining;
  for (int i = 0; i < 5; ++i) {
    progress = rotating.step();
    ASSERT_OK(progress);
    EXPECT_LE(progress->remaining, left);
    left = progress->remaining;
    expect_all_readable();
  }
  EXPECT_EQ(progress->remaining, 0);
  EXPECT_TRUE(progress->running) << "the old key is kept for who has sealed something with it just before";
  EXPECT_EQ(row("data_key"), old_row);
  clock_.advance(KeyRotation::kSettling);
  progress = rotating.step();
  ASSERT_OK(progress);
  EXPECT_FALSE(progress->running);
  EXPECT_EQ(progress->done, kSealed);
  EXPECT_EQ(progress->remaining, 0);
  EXPECT_EQ(row("data_key_next"), "");
  EXPECT_NE(row("data_key"), old_row);
  EXPECT_TRUE(row("data_key").starts_with(progress->data_key_id + ":v1:"));
  expect_all_readable();
  EXPECT_TRUE(seal("x", "c").starts_with(progress->data_key_id + ":v1:"));
}

TEST_P(KeyRotationContract, OneRotationFollowsAnother) {
  auto rotating = rotation();
  std::string before;
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(rotating.begin());
    ASSERT_TRUE(drive(rotating));
    const auto id = rotating.progress()->data_key_id;
    EXPECT_NE(id, before);
    before = id;
    expect_all_readable();
  }
}

TEST_P(KeyRotationContract, BeginningTwiceIsBeginningOnce) {
  auto rotating = rotation();
  ASSERT_OK(rotating.begin());
  const std::string next = row("data_key_next");
  ASSERT_OK(rotating.begin());
  const auto elsewhere = open_keyring(store());
  ASSERT_OK(KeyRotation(store().administration(), *elsewhere, clock_).begin());
  EXPECT_EQ(row("data_key_next"), next);
}

TEST_P(KeyRotationContract, WhatASlowWriterSealedUnderTheOldKeyIsFoundBeforeThatGoes) {
  store::ProviderRow late;
  late.provider.id = new_id();
  late.provider.name = "late";
  late.provider.kind = domain::ProviderKind::openai;
  late.provider.base_url = "http://h";
  late.sealed_credential = seal("late", catalog::provider_context("late"));
  auto rotating = rotation();
  ASSERT_OK(rotating.begin());
  for (int i = 0; i < 5; ++i) ASSERT_OK(rotating.step());
  EXPECT_EQ(rotating.progress()->remaining, 0);
  insert(late);
  ASSERT_TRUE(drive(rotating));
  const auto stored = store().administration().of<store::ProviderRow>().get(late.provider.id).value();
  EXPECT_EQ(
      open_keyring(store())->open(stored->sealed_credential, catalog::provider_context("late"))->reveal(),
      "late");
}

TEST_P(KeyRotationContract, AnotherReplicaReadsAndWritesMeanwhile) {
  const auto other_store = backend().open();
  const auto other = open_keyring(*other_store);
  auto rotating = rotation();
  ASSERT_OK(rotating.begin());
  const std::string id = rotating.progress()->data_key_id;
  EXPECT_TRUE(other->seal("x", "c")->starts_with(id + ":")) << "whoever seals asks which key there is now";
  ASSERT_OK(rotating.step());
  expect_all_readable(*other, *other_store);
  ASSERT_TRUE(drive(rotating));
  expect_all_readable(*other, *other_store);
}

TEST_P(KeyRotationContract, WhereverAProcessDiesAnotherOneGoesOn) {
  bool ended_alone = false;
  for (int writes = 0; !ended_alone; ++writes) {
    ASSERT_LT(writes, 10);
    MortalSecrets secrets(store().secrets(), writes);
    MasterKeySource source;
    source.current = core::Secret(std::string(32, 'm'));
    auto mortal = Keyring::open(secrets, source);
    ASSERT_OK(mortal);
    KeyRotation dies(store().administration(), **mortal, clock_);
    ended_alone = dies.begin() && drive(dies);
    expect_all_readable();
    auto goes_on = rotation();
    ASSERT_OK(goes_on.begin());
    ASSERT_TRUE(drive(goes_on));
    const auto progress = goes_on.progress();
    ASSERT_OK(progress);
    EXPECT_EQ(progress->done, kSealed);
    EXPECT_EQ(progress->remaining, 0);
    expect_all_readable();
  }
}

TEST_P(KeyRotationContract, TwoReplicasAtOnceAndOneThatReadsAllTheTime) {
  std::atomic<bool> over = false;
  std::atomic<int> walks = 0;
  std::thread reader([&] {
    const auto own = backend().open();
    const auto keyring = open_keyring(*own);
    while (!over) {
      expect_all_readable(*keyring, *own);
      ++walks;
    }
  });
  const auto rotate = [&](store::Store& over_store) {
    const auto keyring = open_keyring(over_store);
    core::FakeClock clock;
    KeyRotation rotating(over_store.administration(), *keyring, clock);
    EXPECT_TRUE(rotating.begin());
    for (int i = 0; i < 40; ++i) {
      const auto progress = rotating.step();
      EXPECT_TRUE(progress) << progress.error().describe();
      if (progress && !progress->running) return;
      clock.advance(seconds(10));
    }
    ADD_FAILURE() << "the rotation does not end";
  };
  const auto first = backend().open();
  const auto second = backend().open();
  std::thread one([&] { rotate(*first); });
  std::thread two([&] { rotate(*second); });
  one.join();
  two.join();
  over = true;
  reader.join();
  EXPECT_GT(walks, 0);
  const auto progress = rotation().progress();
  ASSERT_OK(progress);
  EXPECT_FALSE(progress->running);
  EXPECT_EQ(progress->done, kSealed);
  expect_all_readable();
}

TEST_P(KeyRotationContract, AValueThatNoKeyOpensIsNamedAndKeepsTheOldKey) {
  ASSERT_OK(store().administration().change([&](store::Unit& unit) -> core::Result<void> {
    auto found = unit.of<store::ProviderRow>().find(first_);
    if (!found) return std::unexpected(found.error());
    (*found)->sealed_credential = "v1:AAAA";
    return unit.of<store::ProviderRow>().update(**found);
  }));
  auto rotating = rotation();
  ASSERT_OK(rotating.begin());
  for (int i = 0; i < 6; ++i) {
    ASSERT_OK(rotating.step());
    clock_.advance(seconds(30));
  }
  const auto progress = rotating.progress();
  ASSERT_OK(progress);
  EXPECT_TRUE(progress->running);
  EXPECT_EQ(progress->remaining, 1);
  EXPECT_EQ(progress->unreadable, std::vector<std::string>{"providers/" + first_});
  ASSERT_OK(store().administration().change(
      [&](store::Unit& unit) { return unit.of<store::ProviderRow>().remove(first_); }));
  EXPECT_TRUE(drive(rotating));
}

TEST_P(KeyRotationContract, TheMasterKeyIsRotatedInTheMiddleOfIt) {
  auto rotating = rotation();
  ASSERT_OK(rotating.begin());
  ASSERT_OK(rotating.step());
  MasterKeySource source;
  source.current = core::Secret(std::string(32, 'n'));
  source.previous = core::Secret(std::string(32, 'm'));
  const auto restarted = Keyring::open(store().secrets(), source);
  ASSERT_OK(restarted);
  const auto wrappings = (*restarted)->wrappings();
  ASSERT_OK(wrappings);
  ASSERT_EQ(wrappings->size(), 3U);
  for (const auto& wrapping : *wrappings) EXPECT_TRUE(wrapping.current) << wrapping.secret;
  const auto by_the_old = keyring().wrappings();
  ASSERT_OK(by_the_old);
  for (const auto& wrapping : *by_the_old) EXPECT_EQ(wrapping.under, "") << wrapping.secret;

  expect_all_readable(keyring(), store());  // still serves with the master key it was started with
  KeyRotation goes_on(store().administration(), **restarted, clock_);
  ASSERT_TRUE(drive(goes_on));
  expect_all_readable(**restarted, store());
  expect_all_readable(keyring(), store());
}

}  // namespace
}  // namespace relayna::identity
