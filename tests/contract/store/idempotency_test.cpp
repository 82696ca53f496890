#include <atomic>
#include <thread>

#include "administration_examples.hpp"

// A key stands for one request, however often and at whatever moment it is sent.

namespace relayna::test {
namespace {

class IdempotencyContract : public AdministrationContract {
 protected:
  std::string count(const std::string& table) { return backend().sql("SELECT count(*) FROM " + table); }
};
INSTANTIATE_TEST_SUITE_P(Stores, IdempotencyContract, kBackends, backend_name);

TEST_P(IdempotencyContract, AKeyOfIdempotencyStandsForItsFirstAnswer) {
  const auto answer = sample_answer("k");
  const auto use = [&](const std::string& operator_id) {
    std::optional<store::IdempotentAnswer> kept;
    EXPECT_TRUE(change([&](store::Unit& unit) -> core::Result<void> {
      auto claimed = unit.claim(operator_id, "k");
      if (!claimed) return std::unexpected(claimed.error());
      kept = std::move(*claimed);
      if (kept) return {};
      auto mine = answer;
      mine.operator_id = operator_id;
      return unit.keep(mine);
    }));
    return kept;
  };
  EXPECT_FALSE(use("ada"));
  const auto again = use("ada");
  ASSERT_TRUE(again);
  EXPECT_TRUE(same(*again, answer));
  EXPECT_FALSE(use("bob")) << "another operator's keys are others";
}

TEST_P(IdempotencyContract, AClaimWithoutAnAnswerIsABug) {
  EXPECT_FAILS(internal_error, change([](store::Unit& unit) -> core::Result<void> {
                 EXPECT_TRUE(unit.claim("ada", "k"));
                 return {};
               }));
  EXPECT_FAILS(internal_error, change([](store::Unit& unit) { return unit.keep(sample_answer("k")); }));
  EXPECT_EQ(count("idempotency_keys"), "0\n");
}

TEST_P(IdempotencyContract, ConcurrentUsesOfAKeyDoTheWorkOnce) {
  std::atomic<int> done = 0;
  std::atomic<int> replayed = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> users;
  for (int i = 0; i < 4; ++i) {
    users.emplace_back([&] {
      bool mine = false;
      const auto result = change([&](store::Unit& unit) -> core::Result<void> {
        auto kept = unit.claim("ada", "k");
        if (!kept) return std::unexpected(kept.error());
        mine = !*kept;
        if (!mine) return {};
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        if (auto inserted = unit.of<domain::Team>().insert(sample_team("once")); !inserted) return inserted;
        return unit.keep(sample_answer("k"));
      });
      if (!result)
        ++failed;
      else
        ++(mine ? done : replayed);
    });
  }
  for (auto& user : users) user.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(done, 1);
  EXPECT_EQ(replayed, 3);
  EXPECT_EQ(count("teams"), "1\n");
}

TEST_P(IdempotencyContract, AClaimIsFreeAgainWhenItsWorkFailed) {
  EXPECT_FAILS(invalid_request, change([](store::Unit& unit) -> core::Result<void> {
                 EXPECT_TRUE(unit.claim("ada", "k"));
                 return std::unexpected(core::Error(core::ErrorCode::invalid_request, "stop"));
               }));
  ASSERT_OK(change([](store::Unit& unit) -> core::Result<void> {
    const auto kept = unit.claim("ada", "k");
    EXPECT_TRUE(kept && !*kept);
    return unit.keep(sample_answer("k"));
  }));
}

}  // namespace
}  // namespace relayna::test
