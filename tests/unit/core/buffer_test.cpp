#include "relayna/core/buffer.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace relayna::core {
namespace {

/// The readable bytes behind the end, of which all must be zero after an append.
bool padding_is_zero(const Buffer& buffer) {
  const char* behind = buffer.view().data() + buffer.size();
  return std::all_of(behind, behind + Buffer::kPadding, [](char c) { return c == '\0'; });
}

TEST(Buffer, GrowsByPiecesOfEverySizeAndKeepsThem) {
  Buffer buffer;
  std::string expected;
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string piece(size, static_cast<char>('a' + size % 26));
    buffer.append(piece);
    expected += piece;
    ASSERT_EQ(buffer.view(), expected);
    if (!buffer.empty()) {
      ASSERT_TRUE(padding_is_zero(buffer));
    }
  }
}

TEST(Buffer, PaddingBehindAnEmptyReservedBufferIsReadable) {
  Buffer buffer;
  buffer.reserve(10);
  EXPECT_TRUE(buffer.empty());
  EXPECT_TRUE(padding_is_zero(buffer));
}

TEST(Buffer, ReserveDoesNotMoveWhatFits) {
  Buffer buffer;
  buffer.reserve(100);
  const char* place = buffer.view().data();
  buffer.append(std::string(100, 'x'));
  EXPECT_EQ(buffer.view().data(), place);
  buffer.reserve(10);
  EXPECT_EQ(buffer.view().data(), place);
}

TEST(Buffer, ClearKeepsTheMemoryAndReleaseGivesItBack) {
  Buffer buffer("hello");
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_NE(buffer.view().data(), nullptr);
  buffer.append("bye");
  EXPECT_EQ(buffer.view(), "bye");
  EXPECT_TRUE(padding_is_zero(buffer));
  buffer.release();
  EXPECT_EQ(buffer.view().data(), nullptr);
  buffer.append("again");
  EXPECT_EQ(buffer.view(), "again");
}

TEST(Buffer, AppendsAPieceOfItselfWhileGrowing) {
  Buffer buffer("0123456789");
  std::string expected = "0123456789";
  for (int i = 0; i < 10; ++i) {
    buffer.append(buffer.view());
    expected += expected;
  }
  EXPECT_EQ(buffer.view(), expected);
}

TEST(Buffer, MovesWithoutCopying) {
  Buffer a("payload");
  const char* place = a.view().data();
  Buffer b(std::move(a));
  EXPECT_EQ(b.view().data(), place);
  Buffer c("other");
  c = std::move(b);
  EXPECT_EQ(c.view(), "payload");
  EXPECT_EQ(c.view().data(), place);
}

TEST(Buffer, RefusesSizesThatCannotBe) {
  Buffer buffer("x");
  EXPECT_THROW(buffer.reserve(static_cast<std::size_t>(-1)), std::bad_alloc);
  EXPECT_EQ(buffer.view(), "x");
}

}  // namespace
}  // namespace relayna::core
