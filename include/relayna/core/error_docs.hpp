#pragma once

#include <string>

namespace relayna::core {

/// docs/errors.md, rendered from the error table. A test compares it with the committed file.
std::string errors_markdown();

}  // namespace relayna::core
