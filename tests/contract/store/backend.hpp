#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "relayna/store/store.hpp"

namespace relayna::test {

/// One implementation, with an empty database of its own.
class Backend {
 public:
  virtual ~Backend() = default;
  /// A store as another replica would open it.
  virtual std::unique_ptr<store::Store> open() = 0;
  /// What the peer program is given.
  virtual std::string location() const = 0;
  /// Runs SQL behind the store's back; returns the first column of the rows, a line each.
  virtual std::string sql(const std::string& statement) = 0;
  /// Everything in the database, in some form.
  virtual std::string dump() = 0;
};

std::unique_ptr<Backend> make_backend(const std::string& name);

/// Tests of what both databases promise.
class StoreContract : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override;
  store::Store& store() { return *store_; }
  Backend& backend() { return *backend_; }

 private:
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<store::Store> store_;  // migrated
};

/// The same with a database that nothing has been done to.
class EmptyDatabase : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override;
  store::Store& store() { return *store_; }
  Backend& backend() { return *backend_; }

 private:
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<store::Store> store_;
};

inline const auto kBackends = testing::Values("postgres", "sqlite");
inline std::string backend_name(const testing::TestParamInfo<std::string>& info) {
  return info.param;
}

}  // namespace relayna::test

/// Both of these show the error when they fail.
#define ASSERT_OK(result)                                               \
  do {                                                                  \
    const auto& asserted_result = (result);                             \
    ASSERT_TRUE(asserted_result) << asserted_result.error().describe(); \
  } while (false)
#define EXPECT_FAILS(expected_code, result)                                          \
  do {                                                                               \
    const auto& failed_result = (result);                                            \
    if (failed_result)                                                               \
      ADD_FAILURE() << #result << " succeeded";                                      \
    else                                                                             \
      EXPECT_EQ(failed_result.error().code, relayna::core::ErrorCode::expected_code) \
          << failed_result.error().describe();                                       \
  } while (false)
