#include <cmath>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/core/encoding.hpp"

#include "unit/dialect/echo_support.hpp"

namespace relayna::dialect {
namespace {

using ::testing::StartsWith;
constexpr Operation kEmbeddings = Operation::embeddings;

std::vector<float> floats(const json::Document& embedding) {
  std::vector<float> vector;
  if (!embedding.is_string()) {
    for (const auto& component : embedding) vector.push_back(component.get<float>());
    return vector;
  }
  const auto bytes = core::from_base64(embedding.get<std::string>());
  EXPECT_TRUE(bytes.has_value());
  for (std::size_t i = 0; bytes && i + 3 < bytes->size(); i += 4) {
    std::uint32_t bits = 0;
    for (unsigned k = 0; k < 4; ++k)
      bits |= static_cast<std::uint32_t>(static_cast<unsigned char>((*bytes)[i + k])) << (8 * k);
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    vector.push_back(value);
  }
  return vector;
}

std::vector<float> vector_of(std::string_view body) {
  return floats(whole(kEmbeddings, body)["data"][0]["embedding"]);
}

TEST(EchoEmbeddings, AnswersWithEveryDocumentedField) {
  const auto answer = whole(kEmbeddings, R"({"model":"echo","input":["abc","abcd"]})");
  EXPECT_EQ(differences(answer, R"({"object":"=\"list\"","model":"=\"echo\"",
      "data":[{"object":"=\"embedding\"","index":"integer","embedding":["number"]}],
      "usage":{"prompt_tokens":"=3","total_tokens":"=3"}})"),
            "");
  ASSERT_EQ(answer["data"].size(), 2U);
  EXPECT_EQ(answer["data"][1]["index"], 1);
  EXPECT_EQ(answer["data"][0]["embedding"].size(), 1536U);
}

TEST(EchoEmbeddings, VectorsAreUnitVectorsOfTheTextAlone) {
  for (const int dimensions : {1, 2, 3, 5, 256, 1536, 3072}) {
    const auto vector =
        vector_of(R"({"model":"m","input":"hello","dimensions":)" + std::to_string(dimensions) + "}");
    ASSERT_EQ(vector.size(), static_cast<std::size_t>(dimensions));
    double square = 0;
    for (const float component : vector)
      square += static_cast<double>(component) * static_cast<double>(component);
    EXPECT_NEAR(square, 1, 1e-6);
  }
  EXPECT_EQ(vector_of(R"({"model":"m","input":"a"})"), vector_of(R"({"model":"other","input":["a","b"]})"));
  const auto a = vector_of(R"({"model":"m","input":"a"})");
  const auto b = vector_of(R"({"model":"m","input":"b"})");
  double cosine = 0;
  for (std::size_t i = 0; i < a.size(); ++i) cosine += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  EXPECT_LT(std::abs(cosine), 0.15);
}

TEST(EchoEmbeddings, Base64HoldsTheSameFloats) {
  const auto encoded =
      whole(kEmbeddings, R"({"model":"m","input":"hi","encoding_format":"base64","dimensions":7})");
  ASSERT_TRUE(encoded["data"][0]["embedding"].is_string());
  EXPECT_EQ(floats(encoded["data"][0]["embedding"]),
            vector_of(R"({"model":"m","input":"hi","encoding_format":"float","dimensions":7})"));
}

TEST(EchoEmbeddings, TakesEveryKindOfInput) {
  EXPECT_EQ(whole(kEmbeddings, R"({"model":"m","input":[1,2,3]})")["data"].size(), 1U);
  const auto lists = whole(kEmbeddings, R"({"model":"m","input":[[1,2],[3]]})");
  EXPECT_EQ(lists["data"].size(), 2U);
  EXPECT_EQ(lists["usage"]["prompt_tokens"], 3);
}

TEST(EchoEmbeddings, RefusesWhatTheApiRefuses) {
  EXPECT_THAT(refusal(kEmbeddings, R"({"model":"m"})"), StartsWith("input: "));
  EXPECT_THAT(refusal(kEmbeddings, R"({"model":"m","input":""})"), StartsWith("input: "));
  EXPECT_THAT(refusal(kEmbeddings, R"({"model":"m","input":[]})"), StartsWith("input: "));
  EXPECT_THAT(refusal(kEmbeddings, R"({"model":"m","input":["a",""]})"), StartsWith("input[1]: "));
  EXPECT_THAT(refusal(kEmbeddings, R"({"model":"m","input":5})"), StartsWith("input: "));
  EXPECT_THAT(refusal(kEmbeddings, R"({"model":"m","input":"a","encoding_format":"hex"})"),
              StartsWith("encoding_format: "));
  EXPECT_THAT(refusal(kEmbeddings, R"({"model":"m","input":"a","dimensions":0})"),
              StartsWith("dimensions: "));
  EXPECT_THAT(refusal(kEmbeddings, R"({"model":"m","input":"a","dimensions":3073})"),
              StartsWith("dimensions: "));
}

}  // namespace
}  // namespace relayna::dialect
