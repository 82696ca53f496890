#include <thread>

#include "backend.hpp"
#include "samples.hpp"

namespace relayna::test {
namespace {

class KeysContract : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Stores, KeysContract, kBackends, backend_name);

TEST_P(KeysContract, KeepsEveryField) {
  auto project = sample_project("p");
  ASSERT_OK(store().catalog().upsert_project(project, kActor));
  auto key = sample_key("naïve кириллица 名前 🔑 'quoted' \"double\" \\ %_");
  key.project_id = project.id;
  key.revoked_at = at(16, 1);
  ASSERT_OK(store().keys().create(key, kActor));
  const auto read = store().keys().get(key.id);
  ASSERT_OK(read);
  EXPECT_TRUE(same(*read, key));
}

TEST_P(KeysContract, KeepsWhatIsUnset) {
  domain::VirtualKey key;
  key.id = new_id();
  key.name = "bare";
  key.hash = digest_of("bare");
  ASSERT_OK(store().keys().create(key, kActor));
  const auto read = store().keys().get(key.id);
  ASSERT_OK(read);
  EXPECT_TRUE(same(*read, key));
  EXPECT_FALSE(read->previous_hash);
  EXPECT_FALSE(read->revoked_at);
  EXPECT_TRUE(read->project_id.empty());
}

TEST_P(KeysContract, IsFoundByCurrentAndPreviousHash) {
  const auto rotated = sample_key("rotated");
  auto other = sample_key("other");
  other.previous_hash.reset();
  other.previous_valid_until.reset();
  ASSERT_OK(store().keys().create(rotated, kActor));
  ASSERT_OK(store().keys().create(other, kActor));
  for (const auto& [hash, id] :
       {std::pair{rotated.hash, rotated.id}, std::pair{*rotated.previous_hash, rotated.id},
        std::pair{other.hash, other.id}}) {
    const auto found = store().keys().find_by_hash(hash);
    ASSERT_OK(found);
    ASSERT_TRUE(*found);
    EXPECT_EQ((*found)->id, id);
  }
  const auto unknown = store().keys().find_by_hash(digest_of("nobody"));
  ASSERT_OK(unknown);
  EXPECT_FALSE(*unknown);
}

TEST_P(KeysContract, ARevokedKeyIsStillFoundByItsHash) {
  const auto key = sample_key("k");
  ASSERT_OK(store().keys().create(key, kActor));
  ASSERT_OK(store().keys().revoke(key.id, at(30, 7), kActor));
  const auto found = store().keys().find_by_hash(key.hash);
  ASSERT_OK(found);
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->revoked_at, at(30, 7));
  EXPECT_EQ((*found)->updated_at, at(30, 7));
}

TEST_P(KeysContract, NamesAreUniqueAmongKeysNotRevoked) {
  const auto first = sample_key("same");
  const auto second = sample_key("same");
  ASSERT_OK(store().keys().create(first, kActor));
  const auto refused = store().keys().create(second, kActor);
  EXPECT_FAILS(conflict, refused);
  EXPECT_EQ(refused.error().param, "name");
  ASSERT_OK(store().keys().revoke(first.id, at(30), kActor));
  ASSERT_OK(store().keys().create(second, kActor));
  const auto found = store().keys().find_by_name("same");
  ASSERT_OK(found);
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->id, second.id) << "the one that is not revoked";
}

TEST_P(KeysContract, HashesAndIdsAreUnique) {
  const auto key = sample_key("a");
  ASSERT_OK(store().keys().create(key, kActor));
  auto same_hash = sample_key("b");
  same_hash.hash = key.hash;
  const auto hash_refused = store().keys().create(same_hash, kActor);
  EXPECT_FAILS(conflict, hash_refused);
  EXPECT_EQ(hash_refused.error().param, "hash");
  auto same_previous = sample_key("c");
  same_previous.previous_hash = key.previous_hash;
  const auto previous_refused = store().keys().create(same_previous, kActor);
  EXPECT_FAILS(conflict, previous_refused);
  EXPECT_EQ(previous_refused.error().param, "previous_hash");
  auto same_id = sample_key("d");
  same_id.id = key.id;
  const auto id_refused = store().keys().create(same_id, kActor);
  EXPECT_FAILS(conflict, id_refused);
  EXPECT_EQ(id_refused.error().param, "id");
}

TEST_P(KeysContract, AProjectMustExist) {
  auto key = sample_key("k");
  key.project_id = new_id();
  const auto refused = store().keys().create(key, kActor);
  EXPECT_FAILS(invalid_request, refused);
  EXPECT_EQ(refused.error().param, "project_id");
  EXPECT_FAILS(not_found, store().keys().get(key.id));
}

TEST_P(KeysContract, RefusesWhatCannotBeStored) {
  auto key = sample_key("k");
  key.id = "not-a-uuid";
  const auto bad_id = store().keys().create(key, kActor);
  EXPECT_FAILS(invalid_request, bad_id);
  EXPECT_EQ(bad_id.error().param, "id");

  key = sample_key("k");
  key.name = std::string("k\0k", 3);
  const auto nul = store().keys().create(key, kActor);
  EXPECT_FAILS(invalid_request, nul);
  EXPECT_EQ(nul.error().param, "name");
  key.name = "\xff\xfe";
  EXPECT_FAILS(invalid_request, store().keys().create(key, kActor));
  key.name = "   ";
  EXPECT_FAILS(invalid_request, store().keys().create(key, kActor));
  key.name = std::string(121, 'x');
  EXPECT_FAILS(invalid_request, store().keys().create(key, kActor));
  key.name = "k";
  key.previous_valid_until.reset();
  EXPECT_FAILS(invalid_request, store().keys().create(key, kActor));  // an overlap without an end
  key = sample_key("k");
  key.policy.allowed_hours_utc = {24};
  const auto policy = store().keys().create(key, kActor);
  EXPECT_FAILS(invalid_request, policy);
  EXPECT_EQ(policy.error().param, "policy");
  const auto keys = store().keys().list();
  ASSERT_OK(keys);
  EXPECT_TRUE(keys->empty());
}

TEST_P(KeysContract, ErrorsNeverQuoteValues) {
  auto key = sample_key("telltale-name");
  ASSERT_OK(store().keys().create(key, kActor));
  auto second = sample_key("telltale-name");
  const auto taken = store().keys().create(second, kActor);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().describe().find("telltale"), std::string::npos) << taken.error().describe();
  second.name = "telltale" + std::string(200, 'x');
  const auto long_name = store().keys().create(second, kActor);
  ASSERT_FALSE(long_name);
  EXPECT_EQ(long_name.error().describe().find("telltale"), std::string::npos) << long_name.error().describe();
  EXPECT_NE(long_name.error().message.find("keys_name_length"), std::string::npos)
      << long_name.error().describe();
}

TEST_P(KeysContract, UpdateReplacesAllButIdAndCreation) {
  const auto key = sample_key("before");
  ASSERT_OK(store().keys().create(key, kActor));
  auto changed = sample_key("after");
  changed.id = key.id;
  changed.disabled = false;
  changed.policy.deny = true;
  changed.previous_hash.reset();
  changed.previous_valid_until.reset();
  changed.last_used_at.reset();
  changed.created_at = at(1000);
  ASSERT_OK(store().keys().update(changed, kActor));
  changed.created_at = key.created_at;
  const auto read = store().keys().get(key.id);
  ASSERT_OK(read);
  EXPECT_TRUE(same(*read, changed));
  EXPECT_FAILS(not_found, store().keys().update(sample_key("nobody"), kActor));
}

TEST_P(KeysContract, UpdateMeetsTheSameRules) {
  const auto first = sample_key("first");
  auto second = sample_key("second");
  ASSERT_OK(store().keys().create(first, kActor));
  ASSERT_OK(store().keys().create(second, kActor));
  second.name = "first";
  EXPECT_FAILS(conflict, store().keys().update(second, kActor));
  second.name = "second";
  second.project_id = new_id();
  EXPECT_FAILS(invalid_request, store().keys().update(second, kActor));
}

TEST_P(KeysContract, MissingKeysAreNotFound) {
  EXPECT_FAILS(not_found, store().keys().get(new_id()));
  EXPECT_FAILS(not_found, store().keys().get("what?"));
  EXPECT_FAILS(not_found, store().keys().get(""));
  EXPECT_FAILS(not_found, store().keys().revoke(new_id(), at(1), kActor));
  EXPECT_FAILS(not_found, store().keys().revoke("what?", at(1), kActor));
  const auto by_name = store().keys().find_by_name("nobody");
  ASSERT_OK(by_name);
  EXPECT_FALSE(*by_name);
}

TEST_P(KeysContract, RevokingTwiceKeepsTheFirstMoment) {
  const auto key = sample_key("k");
  ASSERT_OK(store().keys().create(key, kActor));
  ASSERT_OK(store().keys().revoke(key.id, at(40), kActor));
  const auto revision = store().catalog().revision();
  ASSERT_OK(store().keys().revoke(key.id, at(50), kActor));
  EXPECT_EQ(store().keys().get(key.id)->revoked_at, at(40));
  EXPECT_EQ(*store().catalog().revision(), *revision) << "nothing changed";
}

TEST_P(KeysContract, ListsTheNewestFirst) {
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    auto key = sample_key("k" + std::to_string(i));
    key.created_at = at(i);
    ASSERT_OK(store().keys().create(key, kActor));
    ids.insert(ids.begin(), key.id);
  }
  const auto keys = store().keys().list();
  ASSERT_OK(keys);
  std::vector<std::string> listed;
  for (const auto& key : *keys) listed.push_back(key.id);
  EXPECT_EQ(listed, ids);
}

TEST_P(KeysContract, TouchMovesForwardOnlyAndTellsNobody) {
  auto used = sample_key("used");
  used.last_used_at = at(100);
  auto fresh = sample_key("fresh");
  fresh.last_used_at.reset();
  ASSERT_OK(store().keys().create(used, kActor));
  ASSERT_OK(store().keys().create(fresh, kActor));
  const auto revision = store().catalog().revision();
  using Used = std::pair<std::string, core::SystemTime>;
  ASSERT_OK(store().keys().touch(
      std::vector<Used>{{used.id, at(90)}, {fresh.id, at(91, 1)}, {fresh.id, at(90)}, {new_id(), at(1)}}));
  EXPECT_EQ(store().keys().get(used.id)->last_used_at, at(100));
  EXPECT_EQ(store().keys().get(fresh.id)->last_used_at, at(91, 1));
  ASSERT_OK(store().keys().touch(std::vector<Used>{{used.id, at(101, 999'999)}}));
  EXPECT_EQ(store().keys().get(used.id)->last_used_at, at(101, 999'999));
  EXPECT_EQ(store().keys().get(used.id)->updated_at, used.updated_at);
  ASSERT_OK(store().keys().touch({}));
  EXPECT_EQ(*store().catalog().revision(), *revision);
}

TEST_P(KeysContract, ExtremesOfTimeSurvive) {
  auto key = sample_key("k");
  key.expires_at = *core::parse_rfc3339("9999-12-31T23:59:59.999999Z");
  key.rotation_due_at = *core::parse_rfc3339("0001-01-01T00:00:00Z");
  key.last_used_at = core::SystemTime(std::chrono::microseconds(-1));
  key.created_at = core::SystemTime{};
  ASSERT_OK(store().keys().create(key, kActor));
  EXPECT_TRUE(same(*store().keys().get(key.id), key));
}

TEST_P(KeysContract, AStoredPolicyOfANewerVersionDeniesInsteadOfAllowing) {
  const auto key = sample_key("k");
  ASSERT_OK(store().keys().create(key, kActor));
  backend().sql("UPDATE keys SET policy = '{\"a_rule_from_the_future\": true}'");
  EXPECT_FAILS(internal_error, store().keys().find_by_hash(key.hash));
}

TEST_P(KeysContract, ConcurrentWritersOfOneNameAgreeOnOne) {
  constexpr int kWriters = 8;
  std::atomic<int> created = 0;
  std::atomic<int> refused = 0;
  auto other = backend().open();
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&, i] {
      auto& keys = (i % 2 == 0 ? store() : *other).keys();
      const auto done = keys.create(sample_key("one"), kActor);
      if (done) ++created;
      if (!done && done.error().code == core::ErrorCode::conflict) ++refused;
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(created, 1);
  EXPECT_EQ(refused, kWriters - 1);
}

}  // namespace
}  // namespace relayna::test
