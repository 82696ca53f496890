#include "relayna/http/content_encoding.hpp"

#include <functional>
#include <string>

#include <brotli/encode.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "support/sockets.hpp"

namespace relayna::http {
namespace {

std::string deflate_with(std::string_view in, int window_bits) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&z, in.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}
std::string gzip(std::string_view in) {
  return deflate_with(in, 15 + 16);
}
std::string zlib(std::string_view in) {
  return deflate_with(in, 15);
}
std::string raw_deflate(std::string_view in) {
  return deflate_with(in, -15);
}

std::string brotli(std::string_view in) {
  std::string out(BrotliEncoderMaxCompressedSize(in.size()) + 64, '\0');
  std::size_t size = out.size();
  EXPECT_TRUE(BrotliEncoderCompress(4, 22, BROTLI_MODE_GENERIC, in.size(),
                                    reinterpret_cast<const std::uint8_t*>(in.data()), &size,
                                    reinterpret_cast<std::uint8_t*>(out.data())));
  out.resize(size);
  return out;
}

std::string zstd(std::string_view in) {
  std::string out(ZSTD_compressBound(in.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), in.data(), in.size(), 3));
  return out;
}

struct Coding {
  const char* name;
  std::string (*encode)(std::string_view);
};

class EachCoding : public ::testing::TestWithParam<Coding> {};

TEST_P(EachCoding, RoundTrips) {
  for (const std::string& text : {std::string("{\"model\":\"x\"}"), std::string(), test::pattern(300'000),
                                  std::string(32 * 1024, 'a'), std::string(200'000, 'b')}) {
    const auto decoded = decode_content(GetParam().name, GetParam().encode(text), 1 << 20);
    ASSERT_TRUE(decoded) << decoded.error().describe();
    EXPECT_TRUE(decoded->view() == text) << decoded->size();
  }
}

TEST_P(EachCoding, IsBounded) {
  const std::string bomb = GetParam().encode(std::string(20'000'000, '\0'));
  ASSERT_LT(bomb.size(), 100'000U);
  const auto decoded = decode_content(GetParam().name, bomb, 1'000'000);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, core::ErrorCode::request_body_too_large);
}

TEST_P(EachCoding, TheLimitItselfIsAllowed) {
  const std::string text(100'000, 'x');
  EXPECT_TRUE(decode_content(GetParam().name, GetParam().encode(text), 100'000));
  EXPECT_FALSE(decode_content(GetParam().name, GetParam().encode(text), 99'999));
}

TEST_P(EachCoding, TruncatedIsBroken) {
  const std::string encoded = GetParam().encode("{\"messages\":[\"hello hello hello\"]}");
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    const auto decoded = decode_content(GetParam().name, encoded.substr(0, size), 1 << 20);
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code, core::ErrorCode::invalid_request) << size;
  }
}

TEST_P(EachCoding, TrailingNoiseIsBroken) {
  const auto decoded = decode_content(GetParam().name, GetParam().encode("hello") + "noise!", 1 << 20);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, core::ErrorCode::invalid_request);
}

TEST_P(EachCoding, CorruptDataIsNeverMoreThanWrong) {
  const std::string text = test::pattern(2'000);
  const std::string encoded = GetParam().encode(text);
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    std::string corrupt = encoded;
    corrupt[i] = static_cast<char>(corrupt[i] ^ 0x55);
    const auto decoded = decode_content(GetParam().name, corrupt, 10'000);
    if (!decoded) {
      EXPECT_TRUE(decoded.error().code == core::ErrorCode::invalid_request ||
                  decoded.error().code == core::ErrorCode::request_body_too_large);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EachCoding,
                         ::testing::Values(Coding{"gzip", gzip}, Coding{"x-gzip", gzip},
                                           Coding{"deflate", zlib}, Coding{"Deflate", raw_deflate},
                                           Coding{"br", brotli}, Coding{"zstd", zstd}));

TEST(DecodeContent, IdentityIsACopy) {
  EXPECT_EQ(decode_content("", "abc", 3)->view(), "abc");
  EXPECT_EQ(decode_content("identity", "abc", 3)->view(), "abc");
  EXPECT_EQ(decode_content(" identity , ", "abc", 3)->view(), "abc");
  EXPECT_EQ(decode_content("identity", "abcd", 3).error().code, core::ErrorCode::request_body_too_large);
}

TEST(DecodeContent, LayersComeOffLastFirst) {
  EXPECT_EQ(decode_content("gzip, br", brotli(gzip("hello")), 100)->view(), "hello");
  EXPECT_EQ(decode_content("deflate, identity, zstd ,GZIP", gzip(zstd(zlib("hello"))), 100)->view(), "hello");
  EXPECT_FALSE(decode_content("br, gzip", brotli(gzip("hello")), 100));
}

TEST(DecodeContent, ALayeredBombIsBoundedInEveryLayer) {
  const std::string bomb = gzip(gzip(std::string(30'000'000, '\0')));
  ASSERT_LT(bomb.size(), 10'000U);
  EXPECT_EQ(decode_content("gzip, gzip", bomb, 100'000).error().code,
            core::ErrorCode::request_body_too_large);
}

TEST(DecodeContent, TooManyLayersAreRefused) {
  EXPECT_EQ(decode_content("gzip,gzip,gzip,gzip,gzip", "x", 100).error().code,
            core::ErrorCode::unsupported_content_encoding);
}

TEST(DecodeContent, UnknownCodingsAreRefused) {
  for (const char* coding : {"compress", "gzipp", "gzip;q=1", "gzip, lzma", "aws-chunked"}) {
    EXPECT_EQ(decode_content(coding, "x", 100).error().code, core::ErrorCode::unsupported_content_encoding)
        << coding;
  }
}

TEST(DecodeContent, SeveralGzipMembersAreOneBody) {
  EXPECT_EQ(decode_content("gzip", gzip("hello ") + gzip("world"), 100)->view(), "hello world");
  EXPECT_FALSE(decode_content("gzip", gzip("hello ") + gzip("world").substr(0, 8), 100));
  EXPECT_FALSE(decode_content("gzip", gzip("hello ") + gzip("world"), 10));
}

TEST(DecodeContent, AHugeZstdWindowIsRefused) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
  const std::string text(9'000'000, 'w');
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_outBuffer sink{out.data(), out.size(), 0};
  ZSTD_inBuffer source{text.data(), text.size(), 0};  // streamed: the frame does not say its size
  ZSTD_compressStream2(context, &sink, &source, ZSTD_e_flush);
  ZSTD_compressStream2(context, &sink, &source, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  out.resize(sink.pos);
  EXPECT_EQ(decode_content("zstd", out, 100'000'000).error().code, core::ErrorCode::invalid_request);
}

}  // namespace
}  // namespace relayna::http
