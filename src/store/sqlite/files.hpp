#pragma once

#include <cstdint>
#include <string>

namespace relayna::store::sqlite {

/// Which file a path leads to; two zeros for none.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const FileId&, const FileId&) = default;
};
FileId file_id(const std::string& path);
inline bool file_exists(const std::string& path) {
  return file_id(path) != FileId{};
}

/// Makes the file when there is none (mode 0600, which SQLite gives its -wal and -shm files too), and its
/// missing parent folders (0700). Throws Failure (SQLITE_CANTOPEN) with the system's reason.
void make_file(const std::string& path);

}  // namespace relayna::store::sqlite
