#include "relayna/identity/credentials.hpp"

#include "pipeline/probe.hpp"
#include "pipeline/steps.hpp"

namespace relayna::pipeline {

namespace {

/// The key by its secret.
runtime::Task<core::Result<void>> find_key(Exchange& x) {
  auto& parts = x.parts();
  auto secret = identity::read_virtual_key(x.request.head.fields);
  if (!secret) co_return std::unexpected(secret.error());
  const core::Digest digest = parts.hasher(*secret);
  x.key = parts.keys.find_fresh(digest);
  x.probe().key_cache(x.key != nullptr);
  if (x.key == nullptr) {
    auto found = co_await parts.keys.authenticate(digest, x.request.stop);
    if (!found) co_return std::unexpected(found.error());
    x.key = std::move(*found);
  }
  co_return core::Result<void>{};
}

}  // namespace

runtime::Task<core::Result<void>> identify(Exchange& x) {
  auto& parts = x.parts();
  if (x.key == nullptr) {
    if (auto found = co_await find_key(x); !found) co_return found;
  }
  if (auto usable = check_key_status(x); !usable) co_return usable;
  if (!parts.catalog.loaded()) {
    // Right after a start without the store: who is calling may be known, what is configured is not.
    co_return core::fail(core::ErrorCode::store_unavailable, {}, "no catalog snapshot has been loaded yet");
  }
  co_return check_key_source(x, parts.catalog.current());
}

}  // namespace relayna::pipeline
