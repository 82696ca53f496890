#pragma once

#include "relayna/domain/key.hpp"

#include "control/api/resource.hpp"

namespace relayna::control {

/// How virtual keys look to operators.
const Shape<domain::VirtualKey>& key_shape();

/// `POST /admin/keys/bulk`: one change to many keys.
void add_bulk_key_changes(Api& api, store::Administration& store);
/// `GET /admin/keys/presets`: the policies to start from.
void add_key_presets(Api& api);

}  // namespace relayna::control
