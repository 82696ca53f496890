#pragma once

#include "relayna/http/fields.hpp"
#include "relayna/upstream/credential.hpp"
#include "relayna/upstream/dispatcher.hpp"

namespace relayna::upstream {

/// The header fields sent upstream (contract 12.6): the client's end-to-end fields without its credentials
/// and our own names, plus the credential and the correlation headers.
http::Fields forwarded_fields(const Outbound& outbound, const domain::Provider& provider,
                              const ChosenCredential& credential);

}  // namespace relayna::upstream
