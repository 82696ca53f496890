#pragma once

#include <string>

#include "control/api/api.hpp"

namespace relayna::control {

/// The OpenAPI 3.1 description of everything the API offers.
json::Document openapi_document(const Api& api, const std::string& version);

}  // namespace relayna::control
