#pragma once

#include <string_view>

#include "relayna/core/result.hpp"
#include "relayna/http/fields.hpp"

namespace relayna::identity {

/// The virtual key a request carries: `Authorization: Bearer`, else `x-api-key` (Anthropic SDKs),
/// `x-goog-api-key` (Gemini), `api-key` (Azure SDKs). The view is into `fields`. Empty fields count as
/// absent, and the same key may stand in several. Errors: missing_authorization, malformed_authorization
/// (only an Authorization field, and not `Bearer` with one token), conflicting_credentials (two different
/// keys), and invalid_virtual_key for a text that cannot be a key of ours: the answer an unknown key gets.
/// Allocates only on errors.
core::Result<std::string_view> read_virtual_key(const http::Fields& fields);

}  // namespace relayna::identity
