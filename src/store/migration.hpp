#pragma once

#include <span>
#include <string_view>

namespace relayna::store {

/// One file of migrations/, embedded at build time.
struct Migration {
  int number = 0;
  std::string_view name;
  int compatible_with = 0;    ///< the lowest migration a binary must know to serve the schema afterwards
  std::string_view checksum;  ///< SHA-256 of the file, hex
  std::string_view sql;
};

/// In order, numbered from 1 without gaps.
std::span<const Migration> postgres_migrations() noexcept;
std::span<const Migration> sqlite_migrations() noexcept;

}  // namespace relayna::store
