#pragma once

#include <string>

#include "relayna/core/result.hpp"
#include "relayna/http/client.hpp"

namespace relayna::http {

/// Writes a request head into `out` (cleared first): Host and Content-Length are set here, hop-by-hop fields
/// and Expect left out. internal_error when a field, the method or the target would break the line it is on.
core::Result<void> write_request_head(std::string& out, const ClientRequest& request,
                                      std::string_view authority);

}  // namespace relayna::http
