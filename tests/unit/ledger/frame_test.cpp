#include "ledger/spool/frame.hpp"

#include <gtest/gtest.h>

namespace relayna::ledger::test {
namespace {

std::string frame(RecordType type, std::string_view payload) {
  std::string out;
  append_frame(out, type, [&](std::string& to) { to += payload; });
  return out;
}

std::vector<std::string> payloads_in(std::string_view bytes) {
  FrameReader reader(bytes);
  std::vector<std::string> out;
  while (const auto next = reader.next()) out.emplace_back(next->payload);
  return out;
}

TEST(LedgerFrame, IsTheseVeryBytes) {
  // Length, CRC-32 of what follows (as `gzip` and Python's zlib.crc32 have it), type, version, payload.
  EXPECT_EQ(frame(RecordType::event, "123456789"),
            std::string("\x09\0\0\0\x9b\x4e\xd4\xf1\x02\x01", 10) + "123456789");
}

TEST(LedgerFrame, IsReadAsItWasWritten) {
  const std::string bytes = frame(RecordType::intent, "one") + frame(RecordType::delivered, "") +
                            frame(RecordType::event, std::string(70'000, 'x'));
  FrameReader reader(bytes);
  const auto first = reader.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, 1);
  EXPECT_EQ(first->payload, "one");
  EXPECT_EQ(first->size, kFrameHeader + 3);
  EXPECT_EQ(reader.next()->payload, "");
  EXPECT_EQ(reader.next()->payload.size(), 70'000U);
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.rest().empty());
}

TEST(LedgerFrame, CutAnywhereTheWholeOnesAreThere) {
  const std::vector<std::string> payloads{"first", "the second", "3"};
  std::string bytes;
  std::vector<std::size_t> ends;
  for (const auto& payload : payloads) ends.push_back((bytes += frame(RecordType::event, payload)).size());
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const std::size_t whole = static_cast<std::size_t>(
        std::count_if(ends.begin(), ends.end(), [&](std::size_t end) { return end <= size; }));
    FrameReader reader(std::string_view(bytes).substr(0, size));
    std::size_t read = 0;
    while (reader.next()) ++read;
    EXPECT_EQ(read, whole) << size;
    EXPECT_TRUE(reader.wants_more());
  }
}

TEST(LedgerFrame, ABrokenByteAnywhereEndsTheReadingThere) {
  const std::vector<std::string> payloads{"first", "the second", "3"};
  std::string bytes;
  std::vector<std::size_t> ends;
  for (const auto& payload : payloads) ends.push_back((bytes += frame(RecordType::event, payload)).size());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
      std::string broken = bytes;
      broken[at] = static_cast<char>(static_cast<unsigned char>(broken[at]) ^ flip);
      const auto read = payloads_in(broken);
      const std::size_t before = static_cast<std::size_t>(
          std::count_if(ends.begin(), ends.end(), [&](std::size_t end) { return end <= at; }));
      ASSERT_EQ(read.size(), before) << "byte " << at;
      for (std::size_t i = 0; i < before; ++i) EXPECT_EQ(read[i], payloads[i]);
    }
  }
}

TEST(LedgerFrame, ReservedSpaceIsAnEnd) {
  const std::string bytes = frame(RecordType::event, "one") + std::string(4'096, '\0');
  FrameReader reader(bytes);
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.wants_more());
}

TEST(LedgerFrame, DeliveredIdsAreReadAsWritten) {
  std::vector<core::Uuid> ids(3);
  ids[1].bytes[0] = 7;
  ids[2].bytes[15] = 9;
  EXPECT_EQ(parse_delivered(delivered_payload(ids)), ids);
}

}  // namespace
}  // namespace relayna::ledger::test
