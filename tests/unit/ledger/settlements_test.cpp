#include "ledger/settlements.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::ledger {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr core::TimePoint at(int seconds) {
  return core::TimePoint(std::chrono::seconds(seconds));
}

counters::Delivered request(std::string id) {
  return {.request_id = std::move(id), .scopes = {"key:k"}, .amounts = {.tokens = 5, .cost_nanos = 7}};
}

const counters::Settlement kWhole{.known = true, .all_seeded = true, .epoch = "e1"};

TEST(Settlements, WhatWholeCountersHeardFirstIsForgotten) {
  Settlements books;
  books.began(request("r"), "e1");
  books.settled("r", kWhole, at(1));
  EXPECT_FALSE(books.has_ready());
  books.delivered("r", 9, at(2));
  EXPECT_TRUE(books.has_ready());
  EXPECT_THAT(books.due("e1"), IsEmpty());
  EXPECT_EQ(books.open(), 0);
}

TEST(Settlements, DeliveredBeforeItWasSettledMustBeTold) {
  Settlements books;
  books.began(request("r"), "e1");
  books.delivered("r", 9, at(1));
  EXPECT_FALSE(books.has_ready()) << "what became of it is not known yet";
  books.settled("r", kWhole, at(2));
  const auto due = books.due("e1");
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due[0].stamp, 9);
  EXPECT_TRUE(due[0].counted);
  EXPECT_EQ(due[0].epoch, "e1");
}

TEST(Settlements, EmptiedCountersMustBeTold) {
  Settlements books;
  books.began(request("r"), "e1");
  books.settled("r", kWhole, at(1));
  books.delivered("r", 9, at(2));
  const auto due = books.due("e2");
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_TRUE(due[0].counted) << "in the epoch it names, which is over";
  EXPECT_EQ(due[0].epoch, "e1");
}

TEST(Settlements, UnseededScopesMustBeTold) {
  Settlements books;
  books.began(request("r"), "e1");
  books.settled("r", {.known = true, .all_seeded = false, .epoch = "e1"}, at(1));
  books.delivered("r", 9, at(2));
  EXPECT_THAT(books.due("e1"), SizeIs(1));
}

TEST(Settlements, UnknownInItsOwnEpochWasSettledBefore) {
  Settlements books;
  books.began(request("same"), "e1");
  books.began(request("other"), "e0");
  for (const char* id : {"same", "other"}) {
    books.settled(id, {.known = false, .epoch = "e1"}, at(1));
    books.delivered(id, 9, at(2));
  }
  const auto due = books.due("e1");
  ASSERT_THAT(due, SizeIs(2));
  EXPECT_TRUE(due[0].counted);
  EXPECT_FALSE(due[1].counted);
}

TEST(Settlements, ToldTwiceTheFirstAnswerStands) {
  Settlements books;
  books.began(request("r"), "e0");
  books.settled("r", kWhole, at(1));
  books.settled("r", {.known = false, .epoch = "e1"}, at(1));
  books.delivered("r", 9, at(2));
  EXPECT_THAT(books.due("e1"), IsEmpty()) << "counted, though it was admitted in another epoch";
}

TEST(Settlements, LocalLimitsAreAccountedForLater) {
  Settlements books;
  books.began(request("r"), "");
  books.missed("r");
  books.delivered("r", 3, at(2));
  const auto due = books.due("e1");
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_FALSE(due[0].counted);
}

TEST(Settlements, WhatCouldNotBeToldIsDueAgainUnchanged) {
  Settlements books;
  books.began(request("r"), "e1");
  books.missed("r");
  books.delivered("r", 3, at(2));
  books.give_back(books.due("e1"));
  EXPECT_TRUE(books.has_ready());
  EXPECT_EQ(books.open(), 1);
  const auto due = books.due("e2");
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due[0].stamp, 3);
  EXPECT_FALSE(books.has_ready());
}

TEST(Settlements, StrangersChangeNothing) {
  Settlements books;
  books.settled("?", kWhole, at(1));
  books.missed("?");
  books.delivered("?", 1, at(1));
  EXPECT_FALSE(books.has_ready());
}

}  // namespace
}  // namespace relayna::ledger
