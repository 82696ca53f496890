#include <fmt/format.h>

#include "relayna/identity/credentials.hpp"

#include "pipeline/probe.hpp"
#include "pipeline/steps.hpp"

namespace relayna::pipeline {

core::Result<void> check_declared_size(const Exchange& x, std::uint64_t max_bytes) {
  const auto declared = x.request.body->length();
  if (!declared || *declared <= max_bytes) return {};
  return core::fail(
      core::ErrorCode::request_body_too_large,
      fmt::format("The request body is {} bytes; at most {} are accepted.", *declared, max_bytes));
}

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
  if (auto usable = identity::check_usable(*x.key, x.began); !usable) co_return usable;
  if (!parts.catalog.loaded()) {
    // Right after a start without the store: who is calling may be known, what is configured is not.
    co_return core::fail(core::ErrorCode::store_unavailable, {}, "no catalog snapshot has been loaded yet");
  }
  x.snapshot = parts.catalog.current();
  if (const auto project = x.snapshot->projects.find(x.key->key.project_id);
      project != x.snapshot->projects.end()) {
    x.team_id = project->second.team_id;
  }
  co_return identity::check_source(*x.key, x.request.peer.address);
}

}  // namespace relayna::pipeline
