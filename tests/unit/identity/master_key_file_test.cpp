#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "relayna/core/encoding.hpp"
#include "relayna/identity/keyring.hpp"

#include "fake_secrets.hpp"

namespace relayna::identity {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class MasterKeyFile : public ::testing::Test {
 protected:
  MasterKeyFile() {
    std::string pattern = (fs::temp_directory_path() / "relayna-master-key-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    source_.embedded = true;
    source_.data_dir = (root_ / "deep" / "data").string();
  }
  ~MasterKeyFile() override { fs::remove_all(root_); }
  [[nodiscard]] fs::path file() const { return fs::path(source_.data_dir) / "master.key"; }
  static std::string content(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& text) const {
    fs::create_directories(file().parent_path());
    std::ofstream(file()) << text;
    ::chmod(file().c_str(), 0600);
  }

  fs::path root_;
  FakeSecrets secrets_;
  MasterKeySource source_;
};

TEST_F(MasterKeyFile, IsMadeOnceForItsOwnerOnly) {
  const auto first = Keyring::open(secrets_, source_);
  ASSERT_TRUE(first) << first.error().describe();
  EXPECT_TRUE((*first)->generated_master_key());
  struct stat info{};
  ASSERT_EQ(::stat(file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(core::from_base64(core::trim(content(file())))->size(), 32U);
  EXPECT_EQ(std::distance(fs::directory_iterator(source_.data_dir), {}), 1) << "no draft is left";
  EXPECT_EQ(secrets_.rows.count("generated_master_key"), 0U);

  const std::string key = content(file());
  const auto again = Keyring::open(secrets_, source_);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->hash("t"), (*first)->hash("t"));
  EXPECT_EQ(content(file()), key);
  EXPECT_THAT((*again)->warnings(), ::testing::Contains(HasSubstr(file().string())));
}

TEST_F(MasterKeyFile, ReadableByOthersIsWarnedAbout) {
  ASSERT_TRUE(Keyring::open(secrets_, source_));
  ::chmod(file().c_str(), 0644);
  EXPECT_THAT((*Keyring::open(secrets_, source_))->warnings(), ::testing::Contains(HasSubstr("chmod 600")));
}

TEST_F(MasterKeyFile, DamagedIsAnErrorNamingIt) {
  for (const std::string& text : {std::string(), std::string("short"), core::to_base64(std::string(31, 'x')),
                                  core::to_base64(std::string(64, 'x')), std::string(1'000, 'A')}) {
    write(text);
    const auto keyring = Keyring::open(secrets_, source_);
    ASSERT_FALSE(keyring) << text;
    EXPECT_EQ(keyring.error().code, core::ErrorCode::invalid_configuration);
    EXPECT_THAT(std::string(keyring.error().public_message()), HasSubstr(file().string()));
    EXPECT_TRUE(secrets_.rows.empty());
  }
}

TEST_F(MasterKeyFile, SuppliedByTheOperatorIsUsed) {
  write(core::to_base64(std::string(32, 'k')) + "\n\n");
  const auto keyring = Keyring::open(secrets_, source_);
  ASSERT_TRUE(keyring);
  MasterKeySource by_setting;
  by_setting.current = core::Secret(std::string(32, 'k'));
  EXPECT_EQ((*Keyring::open(secrets_, by_setting))->hash("t"), (*keyring)->hash("t"));
}

TEST_F(MasterKeyFile, LostBesideStoredSecretsIsNotReplaced) {
  ASSERT_TRUE(Keyring::open(secrets_, source_));
  fs::remove(file());
  const auto keyring = Keyring::open(secrets_, source_);
  ASSERT_FALSE(keyring);
  EXPECT_EQ(keyring.error().code, core::ErrorCode::invalid_configuration);
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(MasterKeyFile, ADirectoryThatCannotBeMadeIsAnErrorNamingIt) {
  std::ofstream(root_ / "deep") << "a file in the way";
  const auto keyring = Keyring::open(secrets_, source_);
  ASSERT_FALSE(keyring);
  EXPECT_THAT(std::string(keyring.error().public_message()), HasSubstr(file().string()));
}

TEST_F(MasterKeyFile, OpenersAtOnceAgree) {
  for (int round = 0; round < 10; ++round) {
    fs::remove_all(source_.data_dir);
    FakeSecrets fresh;
    std::vector<std::shared_ptr<Keyring>> opened(4);
    {
      std::vector<std::jthread> threads;
      for (auto& slot : opened) {
        threads.emplace_back([&] { slot = Keyring::open(fresh, source_).value(); });
      }
    }
    for (const auto& keyring : opened) EXPECT_EQ(keyring->hash("t"), opened.front()->hash("t"));
    EXPECT_EQ(std::distance(fs::directory_iterator(source_.data_dir), {}), 1);
  }
}

}  // namespace
}  // namespace relayna::identity
