#pragma once

#include <cstddef>
#include <string>

namespace relayna::core {

/// Hashes the text of ids that `IdGenerator::uuid7` made by when it made them: ids made one after the other
/// are neighbours in a hash table, so that a table of many thousands is quick for what comes and goes in
/// about the order it was made. A millisecond has 32 places. Any other text has a hash, too. Any thread.
struct IdAgeHash {
  std::size_t operator()(const std::string& id) const noexcept;
};

}  // namespace relayna::core
