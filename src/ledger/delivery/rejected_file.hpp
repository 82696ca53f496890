#pragma once

#include <string>

#include "relayna/core/result.hpp"
#include "relayna/ledger/records.hpp"

namespace relayna::ledger {

/// Appends an event the store refused to `path`, a file of the spool's format that nothing reads by itself.
/// Blocks.
core::Result<void> put_aside(const std::string& path, const SettledEvent& settled);

}  // namespace relayna::ledger
