#include "ledger/spool/spool.hpp"

#include <csignal>
#include <fstream>

#include <sys/resource.h>

#include "ledger/spool/reader.hpp"
#include "spool_fixture.hpp"

namespace relayna::ledger::test {
namespace {

/// Files of this process cannot grow beyond `bytes` while this lives: a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  sighandler_t handler_ = nullptr;
};

TEST_F(SpoolTest, WhatWasBegunAndEndedIsFoundAgain) {
  open_folder();
  Spool spool(*folder, 0, clock);
  for (std::uint32_t n = 1; n <= 4; ++n) ASSERT_TRUE(spool.intent(sample_intent(n)));
  ASSERT_TRUE(spool.settled(sample_settled(2)));
  ASSERT_TRUE(spool.settled(sample_settled(4)));
  EXPECT_EQ(replay().events, ids({})) << "events wait for the end of the turn";
  ASSERT_TRUE(spool.flush());
  EXPECT_EQ(spool.stats().open_intents, 2U);
  EXPECT_EQ(spool.stats().undelivered, 2U);
  const auto found = replay();
  EXPECT_EQ(found.events, ids({2, 4}));
  EXPECT_EQ(found.interrupted, ids({1, 3}));
}

TEST_F(SpoolTest, AnIntentIsWrittenWhenTheCallReturnsAndTakesEventsAlong) {
  open_folder();
  Spool spool(*folder, 0, clock);
  ASSERT_TRUE(spool.settled(sample_settled(1)));
  ASSERT_TRUE(spool.intent(sample_intent(2)));
  EXPECT_EQ(replay().events, ids({1}));
  EXPECT_EQ(replay().interrupted, ids({2}));
}

TEST_F(SpoolTest, WhatIsDeliveredIsNotDeliveredAgain) {
  open_folder();
  Spool spool(*folder, 0, clock);
  ASSERT_TRUE(spool.intent(sample_intent(1)));
  const auto one = spool.settled(sample_settled(1));
  const auto two = spool.settled(sample_settled(2));
  spool.delivered(std::vector{mark(2, two)});
  EXPECT_EQ(replay().events, ids({1}));
  spool.delivered(std::vector{mark(1, one)});
  EXPECT_EQ(replay().events, ids({}));
  EXPECT_EQ(replay().interrupted, ids({}));
}

TEST_F(SpoolTest, OldFilesGoWhenTheirEventsAreDelivered) {
  open_folder();
  Spool spool(*folder, 0, clock);
  std::vector<Spool::Mark> marks;
  for (std::uint32_t n = 1; n <= 100; ++n) {
    ASSERT_TRUE(spool.intent(sample_intent(n)));
    marks.push_back(mark(n, spool.settled(sample_settled(n))));
  }
  EXPECT_GT(files().size(), 5U);
  std::ranges::reverse(marks);  // whatever the order
  spool.delivered(std::span(marks).first(99));
  EXPECT_EQ(replay().events, ids({1})) << "the oldest file is the last to go";
  EXPECT_GT(files().size(), 5U);
  spool.delivered(std::span(marks).last(1));
  EXPECT_EQ(files().size(), 1U);
  EXPECT_EQ(replay().events, ids({}));
  EXPECT_EQ(replay().interrupted, ids({}));
}

TEST_F(SpoolTest, ALongRequestKeepsNoOldFile) {
  open_folder();
  Spool spool(*folder, 0, clock);
  ASSERT_TRUE(spool.intent(sample_intent(1'000)));
  for (std::uint32_t n = 1; n <= 200; ++n) {
    ASSERT_TRUE(spool.intent(sample_intent(n)));
    const auto place = spool.settled(sample_settled(n));
    spool.delivered(std::vector{mark(n, place)});
    ASSERT_LE(files().size(), 2U);
    ASSERT_EQ(replay().interrupted, ids({1'000}));
    ASSERT_EQ(replay().events, ids({}));
  }
  const auto place = spool.settled(sample_settled(1'000));
  spool.flush();
  EXPECT_EQ(replay().events, ids({1'000}));
  EXPECT_EQ(replay().interrupted, ids({}));
  spool.delivered(std::vector{mark(1'000, place)});
  spool.close();
  EXPECT_TRUE(files().empty());
}

TEST_F(SpoolTest, AnIntentThatIsWrittenAgainReplacesTheFirst) {
  open_folder();
  Spool spool(*folder, 0, clock);
  Intent intent = sample_intent(1);
  ASSERT_TRUE(spool.intent(intent));
  intent.reserved.tokens *= 2;
  ASSERT_TRUE(spool.intent(intent));
  EXPECT_EQ(spool.stats().open_intents, 1U);
  DeadLog log(files());
  const auto batch = log.next(10);
  ASSERT_EQ(batch.events.size(), 1U);
  EXPECT_EQ(batch.events[0].amounts.tokens, intent.reserved.tokens);
}

TEST_F(SpoolTest, ManyOpenRequestsAreNotCopiedForEver) {
  open_folder();
  Spool spool(*folder, 0, clock);
  for (std::uint32_t n = 1; n <= 100; ++n) ASSERT_TRUE(spool.intent(sample_intent(n)));
  const auto place = spool.settled(sample_settled(200));
  spool.delivered(std::vector{mark(200, place)});
  EXPECT_EQ(replay().interrupted.size(), 100U);
  EXPECT_EQ(replay().events, ids({}));
  std::vector<Spool::Mark> marks;
  for (std::uint32_t n = 1; n <= 99; ++n) marks.push_back(mark(n, spool.settled(sample_settled(n))));
  spool.delivered(marks);
  EXPECT_EQ(replay().interrupted, ids({100}));
  EXPECT_EQ(files().size(), 1U);
}

TEST_F(SpoolTest, ACleanEndLeavesNothingAndAnUncleanOneEverything) {
  open_folder();
  Spool spool(*folder, 0, clock);
  ASSERT_TRUE(spool.intent(sample_intent(1)));
  spool.close();
  EXPECT_EQ(files().size(), 1U);
  const auto place = spool.settled(sample_settled(1));
  spool.close();
  EXPECT_EQ(files().size(), 1U);
  spool.delivered(std::vector{mark(1, place)});
  spool.close();
  EXPECT_TRUE(files().empty());
  ASSERT_TRUE(spool.intent(sample_intent(2))) << "and it can go on";
}

TEST_F(SpoolTest, AFullSpoolTakesNothingMoreButWhatMakesRoom) {
  open_folder({.segment_bytes = 4'096, .most_bytes = 3 * 4'096});
  Spool spool(*folder, 0, clock);
  std::vector<Spool::Mark> marks;
  std::uint32_t n = 1;
  while (const auto place = spool.settled(sample_settled(n))) marks.push_back(mark(n++, place));
  EXPECT_GT(n, 20U);
  const auto refused = spool.intent(sample_intent(n));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::ErrorCode::internal_error);
  EXPECT_EQ(files().size(), 3U);
  EXPECT_FALSE(spool.settled(sample_settled(n)));
  clock.advance(std::chrono::seconds(2));
  EXPECT_FALSE(spool.settled(sample_settled(n))) << "tried again, and still full";
  EXPECT_TRUE(spool.flush());
  EXPECT_EQ(replay().events.size(), marks.size());
  clock.advance(std::chrono::seconds(2));
  spool.delivered(marks);
  EXPECT_EQ(replay().events, ids({}));
  EXPECT_TRUE(spool.intent(sample_intent(n)));
  EXPECT_TRUE(spool.settled(sample_settled(n)));
}

TEST_F(SpoolTest, ADiskThatFailsInTheMiddleOfAWriteLosesNothingThatWasWritten) {
  open_folder({.segment_bytes = 1 << 20, .most_bytes = 1 << 24});
  Spool spool(*folder, 0, clock);
  ASSERT_TRUE(spool.intent(sample_intent(1)));
  ASSERT_TRUE(spool.settled(sample_settled(1)));
  ASSERT_TRUE(spool.flush());
  {
    const FileSizeLimit full(spool.written_to().offset + 20);  // half a record still fits
    EXPECT_FALSE(spool.intent(sample_intent(2)));
    EXPECT_EQ(replay().events, ids({1})) << "the half record is passed over";
    EXPECT_FALSE(spool.settled(sample_settled(2))) << "not tried again at once";
    clock.advance(std::chrono::seconds(2));
    EXPECT_TRUE(spool.settled(sample_settled(3))) << "taken";
    EXPECT_FALSE(spool.flush()) << "but not written yet";
  }
  EXPECT_FALSE(spool.flush()) << "pausing";
  clock.advance(std::chrono::seconds(2));
  EXPECT_TRUE(spool.flush());
  ASSERT_TRUE(spool.intent(sample_intent(4)));
  EXPECT_EQ(replay().events, ids({1, 3}));
  EXPECT_EQ(replay().interrupted, ids({4}));
}

TEST_F(SpoolTest, IntentsForTheNextFlushAreWrittenByIt) {
  open_folder();
  Spool spool(*folder, 0, clock);
  const auto first = spool.intent_to_flush(sample_intent(1));
  const auto second = spool.intent_to_flush(sample_intent(2));
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(spool.written(*first));
  EXPECT_TRUE(replay().interrupted.empty());
  ASSERT_TRUE(spool.flush());
  EXPECT_TRUE(spool.written(*first) && spool.written(*second));
  EXPECT_EQ(replay().interrupted, ids({1, 2}));
  Intent stranger = sample_intent(3);
  stranger.event.request_id = "no UUID";
  EXPECT_EQ(spool.intent_to_flush(stranger).error().code, core::ErrorCode::invalid_request);
}

TEST_F(SpoolTest, AnIntentThatItsFlushCouldNotWriteIsWrittenLater) {
  open_folder({.segment_bytes = 1 << 20, .most_bytes = 1 << 24});
  Spool spool(*folder, 0, clock);
  ASSERT_TRUE(spool.intent(sample_intent(1)));
  {
    const FileSizeLimit full(spool.written_to().offset + 20);
    const auto place = spool.intent_to_flush(sample_intent(2));
    ASSERT_TRUE(place);
    EXPECT_FALSE(spool.flush());
    EXPECT_FALSE(spool.written(*place));
    clock.advance(std::chrono::seconds(2));
    EXPECT_FALSE(spool.intent_to_flush(sample_intent(3))) << "tried at once now, and not kept";
  }
  clock.advance(std::chrono::seconds(2));
  EXPECT_TRUE(spool.flush());
  EXPECT_EQ(replay().interrupted, ids({1, 2}));
}

TEST_F(SpoolTest, AFolderThatWentAwayIsAFailureNotAnEnd) {
  open_folder();
  Spool spool(*folder, 0, clock);
  std::filesystem::remove_all(dir.path("spool"));
  EXPECT_FALSE(spool.intent(sample_intent(1)));
  EXPECT_FALSE(spool.settled(sample_settled(1)));
  std::filesystem::create_directory(dir.path("spool"));
  clock.advance(std::chrono::seconds(2));
  EXPECT_TRUE(spool.intent(sample_intent(2)));
}

TEST_F(SpoolTest, AnEventThatCouldNotBeWrittenEndsItsIntentWhenItIsDelivered) {
  open_folder({.segment_bytes = 1 << 20, .most_bytes = 1 << 24});
  Spool spool(*folder, 0, clock);
  ASSERT_TRUE(spool.intent(sample_intent(1)));
  std::optional<Spool::Place> place;
  {
    const FileSizeLimit full(spool.written_to().offset);
    EXPECT_FALSE(spool.intent(sample_intent(2)));
    place = spool.settled(sample_settled(1));
    EXPECT_FALSE(place);
  }
  EXPECT_EQ(replay().interrupted, ids({1})) << "were it killed now";
  clock.advance(std::chrono::seconds(2));
  spool.delivered(std::vector{mark(1, place)});
  EXPECT_EQ(replay().interrupted, ids({}));
  EXPECT_EQ(spool.stats().open_intents, 0U);
}

TEST_F(SpoolTest, EventsAreReadBackFromWhereTheyBegin) {
  open_folder();
  Spool spool(*folder, 0, clock);
  std::vector<Spool::Place> places;
  for (std::uint32_t n = 0; n < 8; ++n) {
    ASSERT_TRUE(spool.intent(sample_intent(n + 100)));
    places.push_back(*spool.settled(sample_settled(n)));
  }
  ASSERT_TRUE(spool.flush());
  ASSERT_EQ(places.front().segment, 1U);
  const std::size_t in_first =
      static_cast<std::size_t>(std::ranges::count(places, std::uint64_t{1}, &Spool::Place::segment));
  ASSERT_GT(in_first, 4U);
  const auto chunk = read_events(*spool.path_of(1), places[2].offset, UINT64_MAX, 2);
  ASSERT_TRUE(chunk);
  ASSERT_EQ(chunk->events.size(), 2U);
  EXPECT_EQ(bytes_of(chunk->events[0]), bytes_of(sample_settled(2)));
  EXPECT_EQ(bytes_of(chunk->events[1]), bytes_of(sample_settled(3)));
  const auto rest = read_events(*spool.path_of(1), chunk->next, UINT64_MAX, 100);
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->events.size(), in_first - 4);
  EXPECT_EQ(rest->next, UINT64_MAX) << "the file's end";
  EXPECT_EQ(spool.path_of(99), std::nullopt);
  EXPECT_FALSE(read_events(dir.path("none"), 0, UINT64_MAX, 1));
}

}  // namespace
}  // namespace relayna::ledger::test
