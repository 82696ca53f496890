#pragma once

#include "control/api/operation.hpp"

namespace relayna::control {

/// Reads the body of a call as its operation wants it. An operation that takes none puts up with `{}`, which
/// some clients always send, and with nothing else: what is not heeded must not look as if it were. Errors:
/// invalid_json (also for a member that is given twice), unsupported_media_type, invalid_request.
core::Result<void> read_body(Call& call, std::string_view content_type);

}  // namespace relayna::control
