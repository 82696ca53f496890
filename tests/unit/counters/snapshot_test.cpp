#include "counters/snapshot.hpp"

#include <gtest/gtest.h>

namespace relayna::counters {
namespace {

TEST(Snapshot, ShowsWhatWasCommittedBeforeIt) {
  EXPECT_TRUE(visible(99, "100:105:101,103"));
  EXPECT_TRUE(visible(100, "100:105:101,103")) << "not listed as under way";
  EXPECT_FALSE(visible(101, "100:105:101,103"));
  EXPECT_TRUE(visible(102, "100:105:101,103"));
  EXPECT_FALSE(visible(103, "100:105:101,103"));
  EXPECT_FALSE(visible(105, "100:105:101,103"));
  EXPECT_FALSE(visible(106, "100:105:101,103"));
}

TEST(Snapshot, TakesWholeNumbersOnly) {
  EXPECT_TRUE(visible(10, "5:200:100,101"));
  EXPECT_TRUE(visible(0, "7:7:")) << "rows older than stamps";
  EXPECT_FALSE(visible(7, "7:7:"));
  EXPECT_TRUE(visible(18'446'744'073'709'551'613U, "18446744073709551614:18446744073709551615:"));
  EXPECT_FALSE(visible(18'446'744'073'709'551'615U, "18446744073709551614:18446744073709551615:"));
}

TEST(Snapshot, ThatIsNoneShowsNothing) {
  for (const auto* text : {"", ":", "x", "5", "5:", ":5:", "a:b:c"}) EXPECT_FALSE(visible(1, text)) << text;
}

}  // namespace
}  // namespace relayna::counters
