#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/ledger/records.hpp"

namespace relayna::ledger {

/// Some events of a file.
struct EventChunk {
  std::vector<SettledEvent> events;
  std::uint64_t next = 0;  ///< where reading goes on
};

/// The events between two offsets of a segment, about `most` of them; `from` is a record's beginning, or 0.
/// Records of other kinds, of newer versions and such that cannot be decoded are passed over; a damaged one
/// ends the file. Blocks.
core::Result<EventChunk> read_events(const std::string& path, std::uint64_t from, std::uint64_t until,
                                     std::size_t most);

}  // namespace relayna::ledger
