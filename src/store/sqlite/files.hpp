#pragma once

#include <string>

namespace relayna::store::sqlite {

bool file_exists(const std::string& path);

/// Makes the file when there is none (mode 0600, which SQLite gives its -wal and -shm files too), and its
/// missing parent folders (0700). Throws Failure (SQLITE_CANTOPEN) with the system's reason.
void make_file(const std::string& path);

}  // namespace relayna::store::sqlite
