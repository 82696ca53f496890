#pragma once

#include <cstddef>
#include <string>

#include "relayna/upstream/dispatcher.hpp"

namespace relayna::upstream {

/// The beginning of an answer's body, until it ends or `most` bytes are exceeded. The body is as it was
/// afterwards: what was read is put back in front of the rest. Errors: those of the body.
runtime::Task<core::Result<std::string>> peek_body(Answer& answer, std::size_t most);

}  // namespace relayna::upstream
