#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/core/encoding.hpp"

#include "dialect/text/json_writer.hpp"
#include "dialect/text/utf8.hpp"
#include "unit/dialect/echo_support.hpp"

namespace relayna::dialect {
namespace {

using ::testing::ElementsAre;

TEST(Utf8Prefix, NeverCutsACodePoint) {
  for (std::size_t bytes = 0; bytes <= kManyScripts.size() + 2; ++bytes) {
    const std::string_view prefix = utf8_prefix(kManyScripts, bytes);
    EXPECT_TRUE(core::valid_utf8(prefix));
    EXPECT_LE(prefix.size(), bytes);
    EXPECT_GT(prefix.size() + 4, std::min(bytes, kManyScripts.size()));
  }
}

TEST(Utf8Pieces, AddUpAndHoldWholeCodePoints) {
  for (std::size_t bytes = 1; bytes < 20; ++bytes) {
    std::string sum;
    for (const std::string_view piece : utf8_pieces(kManyScripts, bytes)) {
      EXPECT_FALSE(piece.empty());
      EXPECT_TRUE(core::valid_utf8(piece));
      EXPECT_LE(piece.size(), std::max<std::size_t>(bytes, 4));
      sum += piece;
    }
    EXPECT_EQ(sum, kManyScripts);
  }
  EXPECT_TRUE(utf8_pieces("", 5).empty());
  EXPECT_THAT(utf8_pieces("abcde", 2), ElementsAre("ab", "cd", "e"));
}

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
  JsonWriter out;
  out.begin_object()
      .field("a", 1)
      .key("b")
      .begin_array()
      .value(true)
      .value(nullptr)
      .begin_object()
      .end_object();
  out.begin_array().end_array().value("x\n\"").end_array().raw_field("c", "[0]").field("d", 0.5);
  out.field("e", std::numeric_limits<double>::infinity()).end_object();
  EXPECT_EQ(out.str(), R"({"a":1,"b":[true,null,{},[],"x\n\""],"c":[0],"d":0.5,"e":null})");
  EXPECT_EQ(JsonWriter::continuing(R"({"a":1)").field("b", "c").end_object().str(), R"({"a":1,"b":"c"})");
}

TEST(JsonWriter, RewritesAParsedValueCompactly) {
  json::Reader reader;
  const auto root = reader.parse(std::string_view(
      "{ \"a\" : [ 1, -2.5, true , null, \"\\u00e9\\n\" ],\r\n \"b\":{ }, \"big\": 9007199254740993 }"));
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(JsonWriter().value(*root).str(),
            "{\"a\":[1,-2.5,true,null,\"\xC3\xA9\\n\"],\"b\":{},\"big\":9007199254740993}");
  EXPECT_EQ(JsonWriter().value((*root)["absent"]).str(), "null");
}

}  // namespace
}  // namespace relayna::dialect
