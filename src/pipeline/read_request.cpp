#include "relayna/core/encoding.hpp"
#include "relayna/http/content_encoding.hpp"
#include "relayna/json/scan.hpp"

#include "pipeline/steps.hpp"

namespace relayna::pipeline {

namespace {

/// Work over a body larger than this leaves the event loop: 128 kB of JSON is about 50 µs of scanning, a hop
/// costs 75.
constexpr std::size_t kOffloadBytes = 128 * 1024;

runtime::Task<core::Result<void>> decode_body(Exchange& x, std::string_view coding, std::uint64_t limit) {
  core::Result<core::Buffer> decoded = core::Buffer{};
  if (x.body.size() > kOffloadBytes) {
    const core::Buffer* body = &x.body;
    const std::string owned(coding);
    decoded = co_await runtime::offload(x.parts().shard.offload_pool(), [body, owned, limit] {
      return http::decode_content(owned, body->view(), limit);
    });
  } else {
    decoded = http::decode_content(coding, x.body.view(), limit);
  }
  if (!decoded) co_return std::unexpected(decoded.error());
  if (auto room = x.lease.grow(decoded->size()); !room) co_return room;
  x.body = std::move(*decoded);
  x.body_was_decoded = true;
  co_return core::Result<void>{};
}

}  // namespace

runtime::Task<core::Result<void>> read_body(Exchange& x, std::uint64_t max_bytes) {
  const std::uint64_t limit = body_limit(x, max_bytes);
  auto& source = *x.request.body;
  const auto declared = source.length();
  if (auto fits = check_body_size(x, declared.value_or(0), max_bytes); !fits) co_return fits;
  x.lease = x.parts().admission.lease();
  if (!declared || *declared > 0) {
    if (auto slot = x.lease.begin(); !slot) co_return slot;
  }
  if (declared) {
    if (auto room = x.lease.grow(*declared); !room) co_return room;
    x.body.reserve(*declared);
  }
  while (true) {
    auto chunk = co_await source.next();
    if (!chunk) co_return std::unexpected(chunk.error());
    if (!chunk->bytes.empty()) {
      const std::size_t received = x.body.size() + chunk->bytes.size();
      if (auto fits = check_body_size(x, received, max_bytes); !fits) co_return fits;
      if (!declared) {
        if (auto room = x.lease.grow(chunk->bytes.size()); !room) co_return room;
      }
      x.body.append(chunk->bytes);
    }
    if (chunk->end) break;
  }
  x.request_bytes = x.body.size();
  const auto coding = x.request.head.fields.get("content-encoding");
  if (!coding.empty() && !core::iequals(coding, "identity") && !(x.is_raw() && x.body.empty())) {
    if (auto decoded = co_await decode_body(x, coding, limit); !decoded) co_return decoded;
  }
  x.body_bytes = x.body.size();
  x.lease.received();
  co_return core::Result<void>{};
}

runtime::Task<core::Result<void>> read_features(Exchange& x, dialect::RequestReader& reader) {
  if (x.match.metered == dialect::Operation::other) co_return core::Result<void>{};
  core::Result<dialect::Features> features = dialect::Features{};
  if (x.body.size() > kOffloadBytes) {
    const core::Buffer* body = &x.body;
    const auto operation = x.match.metered;
    features = co_await runtime::offload(x.parts().shard.offload_pool(), [body, operation] {
      thread_local dialect::RequestReader own;  // the shard's reader stays with the shard
      return own.read(operation, *body);
    });
  } else {
    features = reader.read(x.match.metered, x.body);
  }
  co_return take_features(x, std::move(features));
}

}  // namespace relayna::pipeline
