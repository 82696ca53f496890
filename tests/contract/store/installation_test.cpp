#include <algorithm>
#include <mutex>
#include <set>
#include <thread>

#include "backend.hpp"
#include "samples.hpp"

namespace relayna::test {
namespace {

class InstallationContract : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Stores, InstallationContract, kBackends, backend_name);

TEST_P(InstallationContract, SecretsAreKeptAsTheyAre) {
  auto& secrets = store().secrets();
  const auto missing = secrets.get("pepper");
  ASSERT_OK(missing);
  EXPECT_FALSE(*missing);
  const std::string value = "v1:+/= 'ünïcode' \\ \n " + std::string(10'000, 'x');
  const auto put = secrets.put_if_absent("pepper", value);
  ASSERT_OK(put);
  EXPECT_EQ(*put, value);
  EXPECT_EQ(*secrets.get("pepper"), value);
  ASSERT_OK(secrets.put_if_absent("empty", ""));
  EXPECT_EQ(*secrets.get("empty"), "");
}

TEST_P(InstallationContract, TheFirstSecretWins) {
  ASSERT_OK(store().secrets().put_if_absent("key", "first"));
  const auto second = backend().open()->secrets().put_if_absent("key", "second");
  ASSERT_OK(second);
  EXPECT_EQ(*second, "first");
}

TEST_P(InstallationContract, ReplicasStartingTogetherAgreeOnASecret) {
  constexpr int kReplicas = 6;
  std::mutex mutex;
  std::set<std::string> seen;
  std::vector<std::unique_ptr<store::Store>> stores;
  for (int i = 0; i < kReplicas; ++i) stores.push_back(backend().open());
  std::vector<std::thread> replicas;
  for (int i = 0; i < kReplicas; ++i) {
    replicas.emplace_back([&, i] {
      const auto value =
          stores[static_cast<std::size_t>(i)]->secrets().put_if_absent("key", std::to_string(i));
      const std::lock_guard lock(mutex);
      seen.insert(value ? *value : value.error().describe());
    });
  }
  for (auto& replica : replicas) replica.join();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(*store().secrets().get("key"), *seen.begin());
}

TEST_P(InstallationContract, SecretsAreReplacedOnlyWhenAsExpected) {
  auto& secrets = store().secrets();
  EXPECT_FAILS(conflict, secrets.replace("key", "", "new"));
  ASSERT_OK(secrets.put_if_absent("key", "old"));
  EXPECT_FAILS(conflict, secrets.replace("key", "other", "new"));
  EXPECT_EQ(*secrets.get("key"), "old");
  ASSERT_OK(secrets.replace("key", "old", "new"));
  EXPECT_EQ(*secrets.get("key"), "new");
}

TEST_P(InstallationContract, RefusesSecretsThatCannotBeKept) {
  EXPECT_FAILS(invalid_request, store().secrets().put_if_absent("key", std::string("a\0b", 3)));
  EXPECT_FAILS(invalid_request, store().secrets().put_if_absent("\xff", "value"));
  const auto odd = store().secrets().get(std::string("a\0b", 3));
  ASSERT_OK(odd);
  EXPECT_FALSE(*odd);
}

TEST_P(InstallationContract, ReplicasAreAliveWhileTheyAreHeardOf) {
  auto& replicas = store().replicas();
  const store::Replica first{
      .id = "a", .version = "0.1.0", .host = "hôst", .started_at = at(0, 1), .seen_at = at(10, 2)};
  store::Replica second{.id = "b", .version = "0.2.0", .host = "", .started_at = at(5), .seen_at = at(20)};
  ASSERT_OK(replicas.heartbeat(first));
  ASSERT_OK(replicas.heartbeat(second));
  auto alive = replicas.alive(at(0));
  ASSERT_OK(alive);
  ASSERT_EQ(alive->size(), 2U);
  EXPECT_TRUE(same((*alive)[0], first));
  EXPECT_TRUE(same((*alive)[1], second));
  alive = replicas.alive(at(10, 3));
  ASSERT_EQ(alive->size(), 1U);
  EXPECT_EQ((*alive)[0].id, "b");
  EXPECT_EQ(replicas.alive(at(10, 2))->size(), 2U) << "the boundary belongs to the living";

  second.version = "0.3.0";
  second.seen_at = at(30);
  ASSERT_OK(replicas.heartbeat(second));
  EXPECT_TRUE(same(replicas.alive(at(25))->at(0), second));
  ASSERT_OK(replicas.remove("b"));
  ASSERT_OK(replicas.remove("never was"));
  EXPECT_EQ(replicas.alive(at(0))->size(), 1U);
}

TEST_P(InstallationContract, TheDeadAreForgottenAfterADay) {
  const store::Replica dead{.id = "dead", .seen_at = at(0)};
  ASSERT_OK(store().replicas().heartbeat(dead));
  ASSERT_OK(store().replicas().heartbeat({.id = "alive", .seen_at = at(86'399)}));
  EXPECT_EQ(store().replicas().alive(at(-1))->size(), 2U);
  ASSERT_OK(store().replicas().heartbeat({.id = "alive", .seen_at = at(86'401)}));
  const auto left = store().replicas().alive(at(-1));
  ASSERT_EQ(left->size(), 1U);
  EXPECT_EQ(left->at(0).id, "alive");
}

TEST_P(InstallationContract, PingsAndDescribesItselfWithoutCredentials) {
  ASSERT_OK(store().ping());
  const std::string description = store().describe();
  EXPECT_TRUE(description.starts_with(GetParam() + " ")) << description;
  EXPECT_EQ(description.find("correct-horse"), std::string::npos) << description;
  EXPECT_EQ(description.find('@'), std::string::npos) << description;
}

TEST_P(InstallationContract, ManyThreadsShareOneStore) {
  constexpr int kThreads = 8;
  const auto key = sample_key("k");
  ASSERT_OK(store().keys().create(key, kActor));
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        if (const auto found = store().keys().find_by_hash(key.hash); !found || !*found) ++failures;
        const store::Replica replica{.id = std::to_string(t), .seen_at = at(i)};
        if (!store().replicas().heartbeat(replica)) ++failures;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(store().replicas().alive(at(19))->size(), static_cast<std::size_t>(kThreads));
}

}  // namespace
}  // namespace relayna::test
