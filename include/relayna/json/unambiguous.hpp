#pragma once

#include "relayna/json/document.hpp"

namespace relayna::json {

/// `parse`, and invalid_json with `param` = the member's path (`policy.rpm_limit`) when an object has a
/// member twice: which of the two was meant nobody can tell.
core::Result<Document> parse_unambiguous(std::string_view text);

}  // namespace relayna::json
