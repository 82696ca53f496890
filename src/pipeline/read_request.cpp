#include <fmt/format.h>

#include "relayna/core/encoding.hpp"
#include "relayna/http/content_encoding.hpp"
#include "relayna/json/scan.hpp"

#include "pipeline/steps.hpp"

namespace relayna::pipeline {

namespace {

/// Work over a body larger than this leaves the event loop: 128 kB of JSON is about 50 µs of scanning, a hop
/// costs 75.
constexpr std::size_t kOffloadBytes = 128 * 1024;

std::uint64_t body_limit(const Exchange& x, std::uint64_t global) {
  const auto& route = x.route_settings.max_request_body_bytes;
  return route ? std::min<std::uint64_t>(global, static_cast<std::uint64_t>(*route)) : global;
}

core::Error too_large(std::uint64_t limit) {
  return core::Error(core::ErrorCode::request_body_too_large,
                     fmt::format("The request body is larger than {} bytes.", limit));
}

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

/// A path no route has may be one of LiteLLM's that operators let through: then it is a raw call like those
/// below /providers/.
bool pass_to_litellm(Exchange& x, const core::Error& unmatched) {
  const auto& passthrough = x.snapshot->passthrough;
  const auto* litellm = x.snapshot->litellm();
  if (unmatched.code != core::ErrorCode::unsupported_route || litellm == nullptr ||
      !passthrough.allows(x.request.head.method, x.target.path))
    return false;
  x.match = {domain::Route::provider_passthrough, dialect::Operation::other, litellm->name, x.target.raw_path,
             operation_of_path(x.request.head.method, x.target.raw_path)};
  x.route_settings = x.snapshot->route(x.match.route);
  x.route_settings.timeout_ms = passthrough.timeout_ms;
  x.route_settings.max_request_body_bytes = passthrough.max_request_body_bytes;
  x.route_settings.max_response_body_bytes = passthrough.max_response_body_bytes;
  return true;
}

}  // namespace

core::Result<void> find_route(Exchange& x) {
  auto match = match_route(x.request.head.method, x.target.path, x.target.raw_path);
  if (match) {
    x.match = *match;
    x.route_settings = x.snapshot->route(x.match.route);
  } else if (!pass_to_litellm(x, match.error())) {
    return std::unexpected(match.error());
  }
  if (!x.route_settings.enabled) return core::fail(core::ErrorCode::disabled_route);
  return {};
}

runtime::Task<core::Result<void>> read_body(Exchange& x, std::uint64_t max_bytes) {
  const std::uint64_t limit = body_limit(x, max_bytes);
  auto& source = *x.request.body;
  const auto declared = source.length();
  if (declared && *declared > limit) co_return std::unexpected(too_large(limit));
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
      if (x.body.size() + chunk->bytes.size() > limit) co_return std::unexpected(too_large(limit));
      if (!declared) {
        if (auto room = x.lease.grow(chunk->bytes.size()); !room) co_return room;
      }
      x.body.append(chunk->bytes);
    }
    if (chunk->end) break;
  }
  x.request_bytes = x.body.size();
  const auto coding = x.request.head.fields.get("content-encoding");
  const bool raw = x.match.route == domain::Route::provider_passthrough;
  if (!coding.empty() && !core::iequals(coding, "identity") && !(raw && x.body.empty())) {
    if (auto decoded = co_await decode_body(x, coding, limit); !decoded) co_return decoded;
  }
  x.lease.received();
  co_return core::Result<void>{};
}

runtime::Task<core::Result<void>> read_features(Exchange& x, dialect::RequestReader& reader) {
  const bool raw = x.match.route == domain::Route::provider_passthrough;
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
  // Whether a raw call makes sense is for its provider to say.
  if (!features && raw) co_return core::Result<void>{};
  if (!features) co_return std::unexpected(features.error());
  x.features = std::move(*features);
  if (raw && x.features.model.empty()) x.features.model = dialect::model_in_path(x.match.rest);
  co_return core::Result<void>{};
}

}  // namespace relayna::pipeline
