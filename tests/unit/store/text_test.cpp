#include "store/text.hpp"

#include <gtest/gtest.h>

namespace relayna::store {
namespace {

constexpr const char* kOdd = "\xef\xbf\xbd";

TEST(StorableText, IsWellFormedWithoutNul) {
  EXPECT_TRUE(storable(""));
  EXPECT_TRUE(storable("plain, ünïcode, 模型, 🙂, \x01\n"));
  EXPECT_FALSE(storable(std::string_view("\0", 1)));
  EXPECT_FALSE(storable("\xc3"));
  EXPECT_FALSE(storable("\xed\xa0\x80"));  // a surrogate
}

TEST(StorableText, WhatIsFineStaysAsItIs) {
  EXPECT_EQ(made_storable("a 模型 🙂"), "a 模型 🙂");
}

TEST(StorableText, OddBytesAreReplacedOneByOne) {
  EXPECT_EQ(made_storable(std::string_view("a\0b", 3)), std::string("a") + kOdd + "b");
  EXPECT_EQ(made_storable("\xff"), kOdd);
  EXPECT_EQ(made_storable("\xe2\x82"), std::string(kOdd) + kOdd);
  EXPECT_EQ(made_storable("\xc0\xaf/"), std::string(kOdd) + kOdd + "/");
}

TEST(StorableText, TheResultIsAlwaysStorable) {
  // Every pair of bytes around a character that is cut at every place.
  const std::string character = "🙂";
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; b += 5) {
      for (std::size_t cut = 0; cut <= character.size(); ++cut) {
        std::string text = character.substr(0, cut);
        text += static_cast<char>(a);
        text += static_cast<char>(b);
        ASSERT_TRUE(storable(made_storable(text))) << a << ' ' << b << ' ' << cut;
      }
    }
  }
}

}  // namespace
}  // namespace relayna::store
