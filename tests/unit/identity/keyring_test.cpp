#include "relayna/identity/keyring.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_secrets.hpp"

namespace relayna::identity {
namespace {

using core::ErrorCode;
using ::testing::HasSubstr;

core::Secret key_of(char c) {
  return core::Secret(std::string(32, c));
}

/// Wraps `FakeSecrets` and lets a test step in before a call, as another process would.
class Interrupted final : public store::SecretsRepository {
 public:
  explicit Interrupted(FakeSecrets& real) : real_(real) {}
  std::function<void()> before_replace;
  std::function<void(const std::string&)> before_get;
  core::Result<std::optional<std::string>> get(const std::string& name) override {
    if (before_get) before_get(name);
    return real_.get(name);
  }
  core::Result<std::string> put_if_absent(const std::string& name, const std::string& value) override {
    return real_.put_if_absent(name, value);
  }
  core::Result<void> replace(const std::string& name, const std::string& expected,
                             const std::string& value) override {
    if (auto step = std::exchange(before_replace, nullptr)) step();
    return real_.replace(name, expected, value);
  }

 private:
  FakeSecrets& real_;
};

class KeyringTest : public ::testing::Test {
 protected:
  FakeSecrets secrets_;

  static MasterKeySource source(std::optional<char> current, std::optional<char> previous = std::nullopt) {
    MasterKeySource s;
    if (current) s.current = key_of(*current);
    if (previous) s.previous = key_of(*previous);
    return s;
  }
  std::shared_ptr<Keyring> open(const MasterKeySource& s) {
    auto keyring = Keyring::open(secrets_, s);
    EXPECT_TRUE(keyring) << (keyring ? "" : keyring.error().describe());
    return keyring ? *keyring : nullptr;
  }
  core::Error refused(const MasterKeySource& s) {
    auto keyring = Keyring::open(secrets_, s);
    EXPECT_FALSE(keyring);
    return keyring ? core::Error(ErrorCode::internal_error) : keyring.error();
  }
  static bool warns(const Keyring& keyring, const std::string& of) {
    return std::ranges::any_of(keyring.warnings(),
                               [&](const std::string& w) { return w.find(of) != w.npos; });
  }
};

TEST_F(KeyringTest, FirstStartMakesRandomSecretsAndLaterStartsFindThem) {
  const auto first = open(source('a'));
  EXPECT_TRUE(first->warnings().empty());
  EXPECT_FALSE(first->generated_master_key());
  EXPECT_EQ(secrets_.rows.size(), 2U);
  const auto again = open(source('a'));
  EXPECT_EQ(again->hash("token"), first->hash("token"));
  EXPECT_EQ(first->hasher()("token"), first->hash("token"));
  FakeSecrets other;
  EXPECT_NE((*Keyring::open(other, source('a')))->hash("token"), first->hash("token"))
      << "the pepper is random";
}

TEST_F(KeyringTest, NothingIsStoredInTheOpen) {
  open(source('a'));
  for (const auto& [name, value] : secrets_.rows) EXPECT_TRUE(value.starts_with("v1:")) << name;
  EXPECT_NE(secrets_.rows["pepper"], secrets_.rows["data_key"]);
}

TEST_F(KeyringTest, SealsUnderTheDataKeyAndItsContext) {
  const auto keyring = open(source('a'));
  const auto sealed = keyring->seal("sk-upstream", "provider:openai");
  ASSERT_TRUE(sealed);
  EXPECT_THAT(*sealed, ::testing::Not(HasSubstr("sk-upstream")));
  EXPECT_EQ(open(source('a'))->open(*sealed, "provider:openai")->reveal(), "sk-upstream");
  EXPECT_FALSE(keyring->open(*sealed, "provider:azure"));
}

TEST_F(KeyringTest, GeneratesAMasterKeyInTheDatabaseAndSaysSoAtEveryStart) {
  for (int start = 0; start < 2; ++start) {
    const auto keyring = open(source({}));
    EXPECT_TRUE(keyring->generated_master_key());
    EXPECT_TRUE(warns(*keyring, "GATEWAY_MASTER_KEY is not set")) << start;
  }
  EXPECT_EQ(secrets_.rows.count("generated_master_key"), 1U);
  EXPECT_EQ(open(source({}))->hash("t"), open(source({}))->hash("t"));
}

TEST_F(KeyringTest, FromGeneratedToExplicitRewrapsAndKeepsEverything) {
  const auto before = open(source({}));
  const auto sealed = before->seal("x", "c");
  const auto after = open(source('a'));
  EXPECT_EQ(after->hash("t"), before->hash("t"));
  EXPECT_EQ(after->open(*sealed, "c")->reveal(), "x");
  EXPECT_TRUE(warns(*after, "pepper was wrapped under the generated master key"));
  EXPECT_TRUE(warns(*after, "data_key was wrapped under the generated master key"));
  EXPECT_EQ(secrets_.replaced, 2);
  EXPECT_TRUE(open(source('a'))->warnings().empty()) << "said once";
  EXPECT_EQ(secrets_.replaced, 2);
  EXPECT_EQ(refused(source({})).code, ErrorCode::invalid_configuration)
      << "the generated key opens nothing now";
}

TEST_F(KeyringTest, FromPreviousToCurrentRewraps) {
  const auto before = open(source('a'));
  const auto after = open(source('b', 'a'));
  EXPECT_EQ(after->hash("t"), before->hash("t"));
  EXPECT_TRUE(warns(*after, "now under GATEWAY_MASTER_KEY"));
  EXPECT_TRUE(warns(*after, "remove it once every replica has the new key"));
  EXPECT_EQ(open(source('b'))->hash("t"), before->hash("t"));
  EXPECT_EQ(refused(source('a')).code, ErrorCode::invalid_configuration);
  const auto back = open(source('a', 'b'));
  EXPECT_EQ(back->hash("t"), before->hash("t")) << "and back again";
}

TEST_F(KeyringTest, FromPreviousToGenerated) {
  const auto before = open(source('a'));
  const auto after = open(source({}, 'a'));
  EXPECT_TRUE(after->generated_master_key());
  EXPECT_EQ(after->hash("t"), before->hash("t"));
  EXPECT_EQ(open(source({}))->hash("t"), before->hash("t"));
}

TEST_F(KeyringTest, AHalfFinishedRotationIsFinished) {
  const auto before = open(source('a'));
  const std::string old_data_key = secrets_.rows["data_key"];
  open(source('b', 'a'));
  secrets_.rows["data_key"] = old_data_key;  // as if the process had died between the two
  const auto after = open(source('b', 'a'));
  EXPECT_EQ(after->hash("t"), before->hash("t"));
  EXPECT_EQ(after->open(*before->seal("x", "c"), "c")->reveal(), "x");
  EXPECT_EQ(open(source('b'))->hash("t"), before->hash("t"));
}

TEST_F(KeyringTest, AWrongMasterKeySaysWhatToDoAndTouchesNothing) {
  open(source('a'));
  const auto rows = secrets_.rows;
  for (const MasterKeySource& wrong : {source('b'), source('b', 'c'), source({}), source({}, 'c')}) {
    const core::Error error = refused(wrong);
    EXPECT_EQ(error.code, ErrorCode::invalid_configuration);
    EXPECT_THAT(std::string(error.public_message()), HasSubstr("GATEWAY_MASTER_KEY"));
    EXPECT_EQ(secrets_.rows, rows);
  }
}

TEST_F(KeyringTest, KeysOfTheWrongLengthAreRefused) {
  MasterKeySource bad;
  bad.current = core::Secret(std::string(31, 'a'));
  EXPECT_THAT(std::string(refused(bad).public_message()), HasSubstr("GATEWAY_MASTER_KEY must be 32 bytes"));
  bad = source('a');
  bad.previous = core::Secret("short");
  EXPECT_THAT(std::string(refused(bad).public_message()), HasSubstr("GATEWAY_MASTER_KEY_PREVIOUS"));
  EXPECT_TRUE(secrets_.rows.empty());
}

TEST_F(KeyringTest, AlteredRowsDoNotOpen) {
  open(source('a'));
  const auto intact = secrets_.rows;
  const auto broken = [&](const std::string& row, const std::string& value) {
    secrets_.rows = intact;
    secrets_.rows[row] = value;
    const core::Error error = refused(source('a'));
    EXPECT_EQ(error.code, ErrorCode::invalid_configuration) << row;
    EXPECT_THAT(std::string(error.public_message()), HasSubstr(row));
    return std::string(error.public_message());
  };
  for (const char* row : {"pepper", "data_key"}) {
    std::string altered = intact.at(row);
    altered[20] = altered[20] == 'A' ? 'B' : 'A';
    broken(row, altered);
    broken(row, "");
    broken(row, "v1:");
    broken(row, "plain");
    broken(row, *core::seal(key_of('a'), "only sixteen byte", std::string("installation_secrets:") + row));
  }
  EXPECT_THAT(broken("data_key", intact.at("pepper")), HasSubstr("although the master key is right"));
  broken("pepper", intact.at("data_key"));
}

TEST_F(KeyringTest, ALostPepperIsNotReplacedByANewOne) {
  open(source('a'));
  secrets_.rows.erase("pepper");
  EXPECT_THAT(std::string(refused(source('a')).public_message()), HasSubstr("pepper is missing"));
  EXPECT_EQ(secrets_.rows.count("pepper"), 0U);
}

TEST_F(KeyringTest, AMissingDataKeyBesideAPepperIsAFirstStartCutShort) {
  const auto before = open(source('a'));
  secrets_.rows.erase("data_key");
  EXPECT_EQ(open(source('a'))->hash("t"), before->hash("t"));
  EXPECT_EQ(secrets_.rows.count("data_key"), 1U);
}

TEST_F(KeyringTest, ADamagedGeneratedKeyMattersOnlyWhenItIsNeeded) {
  open(source('a'));
  secrets_.rows["generated_master_key"] = "not base64!";
  EXPECT_TRUE(warns(*open(source('a')), "it is not used"));
  EXPECT_THAT(std::string(refused(source({})).public_message()), HasSubstr("damaged"));
}

TEST_F(KeyringTest, AStoreThatIsAwayIsNoConfigurationError) {
  secrets_.away = true;
  EXPECT_EQ(refused(source('a')).code, ErrorCode::store_unavailable);
  EXPECT_EQ(refused(source({})).code, ErrorCode::store_unavailable);
}

TEST_F(KeyringTest, AReadOnlyStoreStillServesAndSaysWhatIsLeft) {
  const auto before = open(source('a'));
  secrets_.read_only = true;
  const auto after = open(source('b', 'a'));
  EXPECT_EQ(after->hash("t"), before->hash("t"));
  EXPECT_TRUE(warns(*after, "could not be re-wrapped"));
  EXPECT_TRUE(warns(*after, "pepper (GATEWAY_MASTER_KEY_PREVIOUS)"));
  EXPECT_FALSE(warns(*after, "nothing is wrapped under GATEWAY_MASTER_KEY_PREVIOUS"));
}

TEST_F(KeyringTest, WarningsHoldNoSecret) {
  open(source({}));
  const std::string generated = secrets_.rows["generated_master_key"];
  const auto keyring = open(source('a', 'b'));
  for (const std::string& w : keyring->warnings()) {
    EXPECT_EQ(w.find(generated), std::string::npos);
    EXPECT_EQ(w.find(std::string(32, 'a')), std::string::npos);
  }
}

TEST_F(KeyringTest, LosingTheRaceToRewrapIsFine) {
  const auto before = open(source('a'));
  Interrupted raced(secrets_);
  raced.before_replace = [&] { EXPECT_TRUE(Keyring::open(secrets_, source('b', 'a'))); };
  const auto after = Keyring::open(raced, source('b', 'a'));
  ASSERT_TRUE(after) << after.error().describe();
  EXPECT_EQ((*after)->hash("t"), before->hash("t"));
}

TEST_F(KeyringTest, AnotherProcessMayFinishBetweenAnyTwoReads) {
  for (int at = 1; at <= 8; ++at) {
    for (const bool generated : {false, true}) {
      FakeSecrets fresh;
      const MasterKeySource mine = generated ? source({}) : source('a');
      Interrupted raced(fresh);
      std::shared_ptr<Keyring> other;
      int reads = 0;
      raced.before_get = [&](const std::string&) {
        if (++reads == at) other = Keyring::open(fresh, mine).value();
      };
      const auto keyring = Keyring::open(raced, mine);
      ASSERT_TRUE(keyring) << at << " " << keyring.error().describe();
      if (other) EXPECT_EQ((*keyring)->hash("t"), other->hash("t")) << at;
      if (other) EXPECT_EQ(other->open(*(*keyring)->seal("x", "c"), "c")->reveal(), "x") << at;
    }
  }
}

TEST_F(KeyringTest, ManyOpenersAtOnceAgree) {
  for (int round = 0; round < 20; ++round) {
    FakeSecrets fresh;
    const bool generated = round % 2 == 0;
    std::vector<std::shared_ptr<Keyring>> opened(4);
    {
      std::vector<std::jthread> threads;
      for (auto& slot : opened) {
        threads.emplace_back(
            [&] { slot = Keyring::open(fresh, generated ? source({}) : source('a')).value(); });
      }
    }
    for (const auto& keyring : opened) {
      EXPECT_EQ(keyring->hash("t"), opened.front()->hash("t"));
      EXPECT_EQ(keyring->open(*opened.front()->seal("x", "c"), "c")->reveal(), "x");
    }
  }
}

TEST_F(KeyringTest, HashesFromSeveralThreads) {
  const auto keyring = open(source('a'));
  const core::Digest expected = keyring->hash("token");
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) EXPECT_EQ(keyring->hash("token"), expected);
    });
  }
}

}  // namespace
}  // namespace relayna::identity
