#pragma once

#include "relayna/core/money.hpp"

#include "control/api/codec.hpp"

namespace relayna::control {

/// US dollars as the API spells them: exact decimals, as a number up to fifteen digits, as a string always.
json::Document dollars_schema();
/// A dollar amount of at least nothing, kept as nano-USD.
Codec<std::int64_t> nanos_as_dollars();
Codec<std::optional<core::Money>> optional_dollars();

}  // namespace relayna::control
