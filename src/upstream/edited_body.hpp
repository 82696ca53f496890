#pragma once

#include "relayna/json/scan.hpp"
#include "relayna/upstream/dispatcher.hpp"

namespace relayna::upstream {

/// The body for one candidate: the client's bytes, but for the model name where it differs and
/// `stream_options.include_usage` where it is asked for. Nothing is copied; views of the Splice live as long
/// as the body.
core::Result<json::Splice> edited_body(const Outbound& outbound, const Candidate& candidate);

}  // namespace relayna::upstream
