#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "relayna/store/store.hpp"

#include "ledger/delivery/waiting.hpp"

namespace relayna::ledger {

/// Events by how their attempt ended.
struct Attempt {
  struct Stored {
    Queued event;
    std::uint64_t stamp = 0;
  };
  std::vector<Stored> stored;
  std::vector<Queued> rejected;
  std::vector<Queued> left;            ///< to be tried again
  std::optional<core::Error> failure;  ///< why some are left
};

/// Inserts a batch; when the store refuses it as invalid, halves it until the rows that are at fault stand
/// alone. Any other failure ends the attempt.
runtime::Task<Attempt> insert_batch(runtime::Shard* shard, store::Store* store, std::vector<Queued> batch);

}  // namespace relayna::ledger
