#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "relayna/core/ids.hpp"
#include "relayna/ledger/records.hpp"
#include "relayna/ledger/spool_folder.hpp"

namespace relayna::ledger {

/// What a process that is gone left behind: events that were not delivered, then an `interrupted` one for
/// each intent without an event. One thread at a time; every call blocks on the disk.
class DeadLog {
 public:
  explicit DeadLog(SpoolFolder::Files files) : files_(std::move(files)) {}

  struct Batch {
    std::vector<SettledEvent> events;
    std::size_t interrupted = 0;  ///< how many of them are made from intents
    bool last = false;
  };
  /// Some more. A damaged end of a file is passed over with a warning; a file that cannot be read, or is none
  /// of ours, is left where it is with an error in the log.
  Batch next(std::size_t most);
  /// Deletes the files, once all events are delivered.
  void remove() noexcept;

 private:
  struct Place {
    std::size_t file = 0;
    std::size_t offset = 0;
    std::size_t size = 0;
  };
  void survey();
  bool open_file(std::size_t index);
  Batch interrupted_ones(std::size_t most);

  SpoolFolder::Files files_;
  std::vector<bool> usable_;
  bool surveyed_ = false;
  std::unordered_set<core::Uuid, core::UuidHash> done_;            // delivered, or handed out already
  std::unordered_map<core::Uuid, Place, core::UuidHash> intents_;  // without an event
  std::vector<std::pair<core::Uuid, Place>> remaining_;            // of those, in the order of their files
  std::size_t file_ = 0;
  std::size_t offset_ = 0;
  std::string bytes_;  // of file_
};

}  // namespace relayna::ledger
