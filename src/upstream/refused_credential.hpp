#pragma once

#include <optional>

#include "relayna/upstream/dispatcher.hpp"

namespace relayna::upstream {

/// Whether an upstream's 401 or 403 means that *our* credential was refused, in which case the client must
/// not be told it is its own (contract section 9). A 401 always does. A 403 does unless its body gives
/// another reason (region, moderation, …): then the body, read up to 64 KiB, is put back in place and the
/// answer passes through.
runtime::Task<std::optional<core::Error>> refused_credential(Answer& answer);

}  // namespace relayna::upstream
