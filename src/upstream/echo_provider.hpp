#pragma once

#include "relayna/upstream/dispatcher.hpp"

namespace relayna::upstream {

/// The built-in `echo` provider: answers in the dialect it is asked in, with the latency, chunking and faults
/// `x-echo-*` headers ask for.
runtime::Task<core::Result<Answer>> call_echo(runtime::Shard& shard, const Candidate& candidate,
                                              const Outbound& outbound);

}  // namespace relayna::upstream
