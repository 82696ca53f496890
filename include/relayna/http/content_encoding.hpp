#pragma once

#include <string_view>

#include "relayna/core/buffer.hpp"
#include "relayna/core/result.hpp"

namespace relayna::http {

/// Decodes a request body by its Content-Encoding: gzip, x-gzip, deflate (zlib or raw), br, zstd, identity,
/// also stacked. Stops as soon as the decoded size passes `max_bytes` (request_body_too_large), so a bomb
/// costs at most that much. Unknown codings: unsupported_content_encoding; broken data: invalid_request.
/// CPU-bound: offload bodies over 128 kB.
core::Result<core::Buffer> decode_content(std::string_view content_encoding, std::string_view body,
                                          std::size_t max_bytes);

}  // namespace relayna::http
