#include "relayna/http/content_encoding.hpp"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include "http/ascii.hpp"

namespace relayna::http {

namespace {

using core::Buffer;
using core::ErrorCode;
using core::fail;
using core::Result;

/// More layers than this serve no honest client.
constexpr std::size_t kMaxLayers = 4;
/// 8 MiB, the window every zstd decoder for HTTP must take (RFC 9659); a larger
/// one would let a small frame make us allocate 128 MiB.
constexpr int kZstdWindowLog = 23;

using Slice = std::array<char, 32 * 1024>;

std::unexpected<core::Error> broken(std::string_view coding) {
  return fail(ErrorCode::invalid_request, "The request body is not valid " + std::string(coding) + " data.");
}

std::unexpected<core::Error> too_large() {
  return fail(ErrorCode::request_body_too_large, "The decoded request body is too large.");
}

/// Adds a decoded piece; false when that would pass the limit.
bool take(Buffer& out, std::string_view piece, std::size_t max_bytes) {
  if (piece.size() > max_bytes - out.size()) return false;
  out.append(piece);
  return true;
}

struct InflateEnd {
  void operator()(z_stream* z) const noexcept { inflateEnd(z); }
};

/// One zlib, raw deflate or (several members of) gzip stream, by `window_bits`
/// as inflateInit2 takes it.
Result<Buffer> inflate_all(std::string_view in, int window_bits, std::size_t max_bytes,
                           std::string_view coding) {
  z_stream z{};
  if (inflateInit2(&z, window_bits) != Z_OK) return fail(ErrorCode::internal_error, {}, "inflateInit2");
  const std::unique_ptr<z_stream, InflateEnd> end(&z);
  const bool members = window_bits > 15;
  Slice slice;
  Buffer out;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));  // zlib's API is not const
  std::size_t left = in.size();
  for (;;) {
    z.avail_in = static_cast<uInt>(std::min<std::size_t>(left, 1U << 30));
    const uInt offered = z.avail_in;
    z.next_out = reinterpret_cast<Bytef*>(slice.data());
    z.avail_out = slice.size();
    const int status = inflate(&z, Z_NO_FLUSH);
    left -= offered - z.avail_in;
    if (!take(out, {slice.data(), slice.size() - z.avail_out}, max_bytes)) return too_large();
    if (status == Z_STREAM_END) {
      if (left == 0) return out;
      if (!members || inflateReset(&z) != Z_OK) return broken(coding);
    } else if (status != Z_OK || (left == 0 && z.avail_out != 0)) {
      return broken(coding);
    }
  }
}

/// "deflate" is zlib by the standard and raw in the wild: the header's check
/// bits tell which to try first.
Result<Buffer> inflate_deflate(std::string_view in, std::size_t max_bytes) {
  if (in.size() >= 2) {
    const auto b0 = static_cast<unsigned char>(in[0]);
    const auto b1 = static_cast<unsigned char>(in[1]);
    if ((b0 & 0x0fU) == 8 && (b0 * 256U + b1) % 31 == 0) {
      auto out = inflate_all(in, 15, max_bytes, "deflate");
      if (out || out.error().code != ErrorCode::invalid_request) return out;
    }
  }
  return inflate_all(in, -15, max_bytes, "deflate");
}

struct BrotliEnd {
  void operator()(BrotliDecoderState* s) const noexcept { BrotliDecoderDestroyInstance(s); }
};

Result<Buffer> decode_brotli(std::string_view in, std::size_t max_bytes) {
  const std::unique_ptr<BrotliDecoderState, BrotliEnd> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr));
  if (!state) return fail(ErrorCode::internal_error, {}, "BrotliDecoderCreateInstance");
  Slice slice;
  Buffer out;
  std::size_t left = in.size();
  const auto* next_in = reinterpret_cast<const std::uint8_t*>(in.data());
  for (;;) {
    std::size_t room = slice.size();
    auto* next_out = reinterpret_cast<std::uint8_t*>(slice.data());
    const auto status =
        BrotliDecoderDecompressStream(state.get(), &left, &next_in, &room, &next_out, nullptr);
    if (!take(out, {slice.data(), slice.size() - room}, max_bytes)) return too_large();
    if (status == BROTLI_DECODER_RESULT_SUCCESS) {
      if (left != 0) return broken("br");
      return out;
    }
    if (status != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) return broken("br");
  }
}

struct ZstdEnd {
  void operator()(ZSTD_DCtx* c) const noexcept { ZSTD_freeDCtx(c); }
};

Result<Buffer> decode_zstd(std::string_view in, std::size_t max_bytes) {
  const std::unique_ptr<ZSTD_DCtx, ZstdEnd> context(ZSTD_createDCtx());
  if (!context || ZSTD_isError(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kZstdWindowLog))) {
    return fail(ErrorCode::internal_error, {}, "ZSTD_createDCtx");
  }
  if (in.empty()) return broken("zstd");
  Slice slice;
  Buffer out;
  ZSTD_inBuffer source{in.data(), in.size(), 0};
  for (;;) {
    ZSTD_outBuffer sink{slice.data(), slice.size(), 0};
    const std::size_t hint = ZSTD_decompressStream(context.get(), &sink, &source);
    if (ZSTD_isError(hint)) return broken("zstd");
    if (!take(out, {slice.data(), sink.pos}, max_bytes)) return too_large();
    if (source.pos < source.size) continue;
    if (hint == 0) return out;
    if (sink.pos < sink.size) return broken("zstd");  // the last frame is not complete
  }
}

Result<Buffer> decode_layer(std::string_view coding, std::string_view in, std::size_t max_bytes) {
  if (same_text(coding, "gzip") || same_text(coding, "x-gzip")) {
    return inflate_all(in, 15 + 16, max_bytes, "gzip");
  }
  if (same_text(coding, "deflate")) return inflate_deflate(in, max_bytes);
  if (same_text(coding, "br")) return decode_brotli(in, max_bytes);
  return decode_zstd(in, max_bytes);
}

bool is_known(std::string_view coding) noexcept {
  for (const std::string_view known : {"gzip", "x-gzip", "deflate", "br", "zstd"}) {
    if (same_text(coding, known)) return true;
  }
  return false;
}

}  // namespace

core::Result<core::Buffer> decode_content(std::string_view content_encoding, std::string_view body,
                                          std::size_t max_bytes) {
  std::vector<std::string_view> layers;
  std::string_view coding;
  while (next_element(content_encoding, coding)) {
    if (coding.empty() || same_text(coding, "identity")) continue;
    if (!is_known(coding)) {
      return fail(ErrorCode::unsupported_content_encoding,
                  "The request body's Content-Encoding is not supported; send "
                  "gzip, deflate, br, zstd or none.");
    }
    layers.push_back(coding);
  }
  if (layers.size() > kMaxLayers) {
    return fail(ErrorCode::unsupported_content_encoding, "The request body is encoded too many times.");
  }
  if (layers.empty()) {
    if (body.size() > max_bytes) return too_large();
    return core::Buffer(body);
  }
  core::Buffer current;
  for (auto it = layers.rbegin(); it != layers.rend(); ++it) {  // the last one named was applied last
    auto next = decode_layer(*it, it == layers.rbegin() ? body : current.view(), max_bytes);
    if (!next) return next;
    current = std::move(*next);
  }
  return current;
}

}  // namespace relayna::http
