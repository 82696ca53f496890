#pragma once

#include <memory>

#include "pipeline/exchange.hpp"

namespace relayna::pipeline {

/// An answer whose client has left.
struct Abandoned {
  std::unique_ptr<Exchange> exchange;
  std::unique_ptr<http::BodySource> upstream;
  dialect::UsageReader usage;
};

/// Reads it to its end, so that its usage is the provider's own, for at most a minute; then settles. For
/// routes with `drain_on_disconnect` (contract 8.5).
runtime::Task<void> drain_answer(Abandoned answer);

}  // namespace relayna::pipeline
