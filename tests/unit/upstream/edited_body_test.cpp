#include "upstream/edited_body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::upstream::test {
namespace {

using testing::ElementsAre;

class EditedBody : public testing::Test {
 protected:
  std::string edited(std::string_view text) {
    body = core::Buffer(text);
    auto splice = edited_body(outbound, candidate);
    if (!splice) return std::string(splice.error().info().name);
    EXPECT_EQ(splice->size(), splice->str().size());
    return splice->str();
  }
  core::Buffer body;
  Outbound outbound{.body = &body};
  Candidate candidate{.provider = nullptr, .model = "gpt-4o-mini", .rewrites_model = false};
};

TEST_F(EditedBody, NothingIsTouchedUnasked) {
  EXPECT_EQ(edited("{ not even json"), "{ not even json");
  auto splice = edited_body(outbound, candidate);
  ASSERT_TRUE(splice);
  const auto pieces = splice->pieces();
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(pieces[0].data(), body.view().data()) << "not copied";
}

TEST_F(EditedBody, OnlyTheModelsBytesChange) {
  candidate.rewrites_model = true;
  EXPECT_EQ(edited("{\n  \"model\" : \"fast\",\n  \"messages\": [ 1.0, {\"model\": \"inner\"} ]  }"),
            "{\n  \"model\" : \"gpt-4o-mini\",\n  \"messages\": [ 1.0, {\"model\": \"inner\"} ]  }");
  auto splice = edited_body(outbound, candidate);
  ASSERT_TRUE(splice);
  const auto pieces = splice->pieces();
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0].data(), body.view().data());
  EXPECT_EQ(pieces[2].data() + pieces[2].size(), body.view().data() + body.size());
}

TEST_F(EditedBody, AModelsNameIsQuoted) {
  candidate = {.provider = nullptr, .model = "a\"b\\c", .rewrites_model = true};
  EXPECT_EQ(edited(R"({"model":"x"})"), R"({"model":"a\"b\\c"})");
}

TEST_F(EditedBody, UsageIsAskedForInAnObjectOfItsOwn) {
  outbound.inject_usage = true;
  EXPECT_EQ(edited(R"({"model":"m","stream":true})"),
            R"({"model":"m","stream":true,"stream_options":{"include_usage":true}})");
  EXPECT_EQ(edited(R"({"stream_options": null, "stream":true})"),
            R"({"stream_options": {"include_usage":true}, "stream":true})");
}

TEST_F(EditedBody, UsageIsAskedForBesideOtherOptions) {
  outbound.inject_usage = true;
  EXPECT_EQ(edited(R"({"stream_options":{ "include_obfuscation" : false },"stream":true})"),
            R"({"stream_options":{ "include_obfuscation" : false,"include_usage":true },"stream":true})");
  EXPECT_EQ(edited(R"({"stream_options":{"include_usage":false}})"),
            R"({"stream_options":{"include_usage":true}})");
  EXPECT_EQ(edited(R"({"stream_options":{}})"), R"({"stream_options":{"include_usage":true}})");
}

TEST_F(EditedBody, BothEditsAtOnce) {
  outbound.inject_usage = true;
  candidate.rewrites_model = true;
  EXPECT_EQ(edited(R"({"stream":true,"model":"fast","n":1e0})"),
            R"({"stream":true,"model":"gpt-4o-mini","n":1e0,"stream_options":{"include_usage":true}})");
}

TEST_F(EditedBody, ARawCallIsSentAsItIs) {
  outbound.raw = true;
  outbound.inject_usage = true;
  candidate.rewrites_model = true;
  EXPECT_EQ(edited(R"({"model":"fast"})"), R"({"model":"fast"})");
}

TEST_F(EditedBody, NoBodyIsNone) {
  outbound.body = nullptr;
  auto splice = edited_body(outbound, candidate);
  ASSERT_TRUE(splice);
  EXPECT_EQ(splice->size(), 0U);
}

TEST_F(EditedBody, WhatCannotBeEditedIsSaid) {
  candidate.rewrites_model = true;
  EXPECT_EQ(edited("[1]"), "invalid_json");
}

}  // namespace
}  // namespace relayna::upstream::test
