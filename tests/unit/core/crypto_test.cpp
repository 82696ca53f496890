#include "relayna/core/crypto.hpp"

#include <array>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "relayna/core/encoding.hpp"

namespace relayna::core {
namespace {

Secret key_of(char c) {
  return Secret(std::string(32, c));
}

TEST(Sha256, MatchesTheStandardsVectors) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Hmac, MatchesRfc4231) {
  EXPECT_EQ(to_hex(Hmac(std::string(20, '\x0b'))("Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(Hmac("Jefe")("what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(Hmac(std::string(131, '\xaa'))("Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, IsTheSameOnEveryUseAndAfterMoves) {
  Hmac hmac("Jefe");
  const Digest first = hmac("what do ya want for nothing?");
  EXPECT_NE(hmac("something else"), first);
  EXPECT_EQ(hmac("what do ya want for nothing?"), first);
  Hmac moved(std::move(hmac));
  EXPECT_EQ(moved("what do ya want for nothing?"), first);
  Hmac assigned("another key");
  assigned = std::move(moved);
  EXPECT_EQ(assigned("what do ya want for nothing?"), first);
}

TEST(Hmac, TakesAnEmptyKeyAndMessage) {
  EXPECT_EQ(to_hex(Hmac("")("")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(ConstantTimeEqual, ComparesBytesAndLengths) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("same", "same"));
  EXPECT_FALSE(constant_time_equal("same", "sama"));
  EXPECT_FALSE(constant_time_equal("same", "sam"));
  EXPECT_FALSE(constant_time_equal(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

TEST(Seal, OpensWhatItSealedAndNothingIsRepeated) {
  const Secret key = key_of('k');
  for (const std::string& plain : {std::string(), std::string("sk-provider"), std::string(100'000, '\0')}) {
    const auto sealed = seal(key, plain, "providers/7/credential");
    ASSERT_TRUE(sealed.has_value());
    EXPECT_TRUE(sealed->starts_with("v1:"));
    EXPECT_NE(*sealed, seal(key, plain, "providers/7/credential").value()) << "the nonce was repeated";
    const auto opened = open(key, *sealed, "providers/7/credential");
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(opened->reveal(), plain);
  }
}

TEST(Seal, NeverOpensAlteredText) {
  const Secret key = key_of('k');
  const std::string sealed = seal(key, "sk-provider-key", "row").value();
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string altered = sealed;
      altered[at] = static_cast<char>(byte);
      if (altered == sealed) continue;
      const auto opened = open(key, altered, "row");
      ASSERT_FALSE(opened.has_value()) << "byte " << at << " set to " << byte;
      ASSERT_EQ(opened.error().code, ErrorCode::invalid_configuration);
    }
  }
  for (std::size_t length = 0; length < sealed.size(); ++length) {
    ASSERT_FALSE(open(key, sealed.substr(0, length), "row").has_value()) << length;
  }
  EXPECT_FALSE(open(key, sealed + "A", "row").has_value());
  EXPECT_FALSE(open(key, sealed + "AAAA", "row").has_value());
}

TEST(Seal, NeverOpensElsewhereOrUnderAnotherKey) {
  const Secret key = key_of('k');
  const std::string sealed = seal(key, "secret", "providers/1").value();
  EXPECT_FALSE(open(key, sealed, "providers/2").has_value());
  EXPECT_FALSE(open(key, sealed, "").has_value());
  EXPECT_FALSE(open(key_of('j'), sealed, "providers/1").has_value());
  EXPECT_TRUE(open(key, sealed, "providers/1").has_value());
}

TEST(Seal, RefusesKeysOfTheWrongSize) {
  const Secret key(std::string(31, 'k'));
  EXPECT_EQ(seal(key, "x", "").error().code, ErrorCode::invalid_configuration);
  EXPECT_EQ(open(key, "v1:AAAA", "").error().code, ErrorCode::invalid_configuration);
}

TEST(RandomBytes, FillAllOfTheSpan) {
  std::array<std::uint8_t, 64> bytes{};
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    random_bytes(bytes);
    EXPECT_TRUE(seen.insert(to_hex(bytes)).second);
  }
  random_bytes({});
}

TEST(Scrypt, MatchesRfc7914) {
  const auto hex = [](std::string password, std::string_view salt, ScryptCost cost) {
    return to_hex(scrypt(Secret(std::move(password)), salt, cost).value());
  };
  EXPECT_EQ(hex("", "", {.log2_n = 4, .r = 1, .p = 1}),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442");
  EXPECT_EQ(hex("password", "NaCl", {.log2_n = 10, .r = 8, .p = 16}),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162");
}

TEST(Scrypt, RefusesACostThatWouldHurtTheGateway) {
  const Secret password("x");
  EXPECT_FALSE(scrypt(password, "s", {.log2_n = 0}));
  EXPECT_FALSE(scrypt(password, "s", {.log2_n = 40}));
  EXPECT_FALSE(scrypt(password, "s", {.log2_n = 20})) << "1 GB";
  EXPECT_FALSE(scrypt(password, "s", {.log2_n = 4, .r = 0}));
}

}  // namespace
}  // namespace relayna::core
