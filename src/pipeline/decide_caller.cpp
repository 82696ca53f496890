#include <fmt/format.h>

#include "pipeline/decide.hpp"
#include "pipeline/trace.hpp"

namespace relayna::pipeline {

core::Result<void> check_declared_size(const Inquiry& x, std::optional<std::uint64_t> declared,
                                       std::uint64_t max_bytes) {
  core::Result<void> fits;
  if (declared && *declared > max_bytes) {
    fits = core::fail(
        core::ErrorCode::request_body_too_large,
        fmt::format("The request body is {} bytes; at most {} are accepted.", *declared, max_bytes));
  }
  return noted(x.trace, kBodyCapRule, std::move(fits));
}

core::Result<void> check_key_status(const Inquiry& x) {
  return noted(x.trace, kKeyStatusRule, identity::check_usable(*x.key, x.began));
}

core::Result<void> check_key_source(Inquiry& x, catalog::SnapshotPtr snapshot) {
  x.snapshot = std::move(snapshot);
  const auto project = x.snapshot->projects.find(x.key->key.project_id);
  if (project != x.snapshot->projects.end()) x.team_id = project->second.team_id;
  return noted(x.trace, kKeySourceRule, identity::check_source(*x.key, x.source),
               !x.key->key.policy.allowed_source_addresses.empty());
}

}  // namespace relayna::pipeline
