#include "ledger/spool/dead_log.hpp"

#include <fstream>
#include <iterator>
#include <random>

#include "ledger/spool/frame.hpp"
#include "spool_fixture.hpp"

namespace relayna::ledger::test {
namespace {

class DeadLogTest : public SpoolTest {
 protected:
  static std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

/// What must be found is told by the records that are whole, whatever was cut off behind them.
TEST_F(DeadLogTest, AFileCutAnywhereGivesWhatIsWhole) {
  open_folder({.segment_bytes = 1 << 20, .most_bytes = 1 << 24});
  Spool spool(*folder, 0, clock);
  ASSERT_TRUE(spool.intent(sample_intent(1)));
  const std::uint64_t first_intent = spool.written_to().offset;
  ASSERT_TRUE(spool.intent(sample_intent(2)));
  const std::uint64_t second_intent = spool.written_to().offset;
  const auto place = spool.settled(sample_settled(1));
  spool.flush();
  const std::uint64_t event = spool.written_to().offset;
  spool.delivered(std::vector{mark(1, place)});
  const std::string whole = content(files()[0]);
  std::set<std::size_t> sizes;
  for (std::size_t size = 0; size <= whole.size(); size += 7) sizes.insert(size);
  for (const std::uint64_t end : {first_intent, second_intent, event, std::uint64_t{whole.size()}})
    sizes.insert({end - 1, end, std::min<std::size_t>(end + 1, whole.size())});
  for (const std::size_t size : sizes) {
    const std::string cut = dir.write("cut", whole.substr(0, size));
    const auto found = replay({cut}, 10);
    EXPECT_EQ(found.events, size >= event && size < whole.size() ? ids({1}) : ids({})) << size;
    std::vector<std::string> open;
    if (size >= first_intent && size < event) open.push_back(id_of(1));
    if (size >= second_intent) open.push_back(id_of(2));
    EXPECT_EQ(found.interrupted, open) << size;
  }
}

TEST_F(DeadLogTest, AGarbledFileNeverGivesWhatWasNotWritten) {
  open_folder({.segment_bytes = 1 << 20, .most_bytes = 1 << 24});
  Spool spool(*folder, 0, clock);
  for (std::uint32_t n = 1; n <= 3; ++n) ASSERT_TRUE(spool.intent(sample_intent(n)));
  for (std::uint32_t n = 1; n <= 2; ++n) ASSERT_TRUE(spool.settled(sample_settled(n)));
  spool.flush();
  const std::string whole = content(files()[0]);
  for (std::size_t at = 0; at < whole.size(); at += 11) {
    std::string broken = whole;
    broken[at] = static_cast<char>(~static_cast<unsigned char>(broken[at]));
    const auto path = dir.write("broken", broken);
    DeadLog log({path});
    std::set<std::string> seen;
    for (bool last = false; !last;) {
      const auto batch = log.next(100);
      last = batch.last;
      for (const auto& settled : batch.events) {
        EXPECT_TRUE(seen.insert(settled.event.request_id).second);
        const bool as_written =
            settled.event.usage_source == "interrupted" ||
            bytes_of(settled) == bytes_of(sample_settled(settled.event.request_id.back() - '0'));
        EXPECT_TRUE(as_written) << at;
      }
    }
  }
}

TEST_F(DeadLogTest, AnEventInALaterFileEndsAnIntentInAnEarlierOne) {
  open_folder();
  Spool spool(*folder, 0, clock);
  for (std::uint32_t n = 1; n <= 40; ++n) ASSERT_TRUE(spool.intent(sample_intent(n)));
  for (std::uint32_t n = 1; n <= 39; ++n) ASSERT_TRUE(spool.settled(sample_settled(n)));
  spool.flush();
  ASSERT_GT(files().size(), 3U);
  for (const std::size_t most : {1U, 7U, 1'000U}) {
    const auto found = replay(files(), most);
    EXPECT_EQ(found.events.size(), 39U);
    EXPECT_EQ(found.interrupted, ids({40}));
  }
}

TEST_F(DeadLogTest, ForeignFilesAreLeftAlone) {
  open_folder();
  Spool spool(*folder, 0, clock);
  ASSERT_TRUE(spool.settled(sample_settled(1)));
  spool.flush();
  const auto foreign = dir.write("spool/zz.0.00000001.spool", std::string(100, 'x'));
  const auto begun = dir.write("spool/zz.0.00000002.spool", "RLYS");
  DeadLog log({files()[0], foreign, begun, dir.path("missing")});
  const auto batch = log.next(100);
  EXPECT_EQ(batch.events.size(), 1U);
  EXPECT_TRUE(log.next(100).last);
  log.remove();
  EXPECT_EQ(files(), std::vector{foreign}) << "the begun one is ours and holds nothing";
}

TEST_F(DeadLogTest, RecordsOfANewerVersionArePassedOver) {
  open_folder();
  std::string bytes(kSegmentHeader);
  append_frame(bytes, static_cast<RecordType>(200), [](std::string& out) { out += "from the future"; });
  append_frame(bytes, RecordType::event, [](std::string& out) { encode(sample_settled(1), out); });
  const auto found = replay({dir.write("newer", bytes)});
  EXPECT_EQ(found.events, ids({1}));
}

/// Random lives of a spool, cut short at every flush: what a new process finds must be what had happened.
TEST_F(DeadLogTest, AgreesWithAModelWheneverTheProcessDies) {
  for (unsigned seed = 0; seed < 8; ++seed) {
    std::filesystem::remove_all(dir.path("spool"));
    open_folder({.segment_bytes = 4'096, .most_bytes = 1 << 20});
    Spool spool(*folder, 0, clock);
    std::mt19937 random(seed);
    std::set<std::string> open;
    std::vector<std::pair<std::uint32_t, std::optional<Spool::Place>>> undelivered;
    std::uint32_t next = 1;
    for (int step = 0; step < 150; ++step) {
      switch (random() % 4) {
        case 0:
        case 1:
          ASSERT_TRUE(spool.intent(sample_intent(next)));
          open.insert(id_of(next++));
          break;
        case 2:
          if (!open.empty()) {
            auto it = open.begin();
            std::advance(it, random() % open.size());
            SettledEvent settled = sample_settled(0);
            settled.event.request_id = *it;
            const auto n = static_cast<std::uint32_t>(std::stoul(it->substr(28), nullptr, 16));
            undelivered.emplace_back(n, spool.settled(settled));
            open.erase(it);
          }
          break;
        default:
          std::ranges::shuffle(undelivered, random);
          std::vector<Spool::Mark> marks;
          for (std::size_t i = random() % (undelivered.size() + 1); i > 0; --i) {
            marks.push_back(mark(undelivered.back().first, undelivered.back().second));
            undelivered.pop_back();
          }
          spool.delivered(marks);
      }
      ASSERT_TRUE(spool.flush());
      const auto found = replay(files(), 50);
      std::set<std::string> wanted;
      for (const auto& [n, place] : undelivered) wanted.insert(id_of(n));
      ASSERT_EQ(std::set<std::string>(found.events.begin(), found.events.end()), wanted);
      ASSERT_EQ(found.events.size(), wanted.size());
      ASSERT_EQ(std::set<std::string>(found.interrupted.begin(), found.interrupted.end()), open);
      ASSERT_EQ(found.interrupted.size(), open.size());
    }
  }
}

}  // namespace
}  // namespace relayna::ledger::test
