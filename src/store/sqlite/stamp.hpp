#pragma once

#include <cstdint>

#include "store/sqlite/connection.hpp"

namespace relayna::store::sqlite {

/// The number of this transaction, to be compared with the snapshot a balance was read in. Once in each.
inline std::int64_t next_stamp(Connection& connection) {
  Statement next = connection.statement("UPDATE usage_stamps SET next = next + 1 RETURNING next - 1");
  const std::int64_t stamp = next.step() ? next.integer(0) : 0;
  next.run();
  return stamp;
}

}  // namespace relayna::store::sqlite
