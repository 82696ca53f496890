#pragma once

#include "control/api/shape.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

const Shape<store::ProviderRow>& provider_shape();

/// A problem of `field` when the URL's host is an address that may not be connected to.
void check_address(const Resources& with, const std::string& url, std::string_view field, Problems& problems);

/// A stored or an environment's provider with its credential opened. Blocks. not_found.
core::Result<domain::Provider> load_provider(const Resources& with, const std::string& id);

}  // namespace relayna::control
