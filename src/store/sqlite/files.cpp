#include "store/sqlite/files.hpp"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/faults.hpp"

namespace relayna::store::sqlite {

namespace {

[[noreturn]] void fail(std::string_view what, int error) {
  throw Failure(SQLITE_CANTOPEN, fmt::format("{}: {}", what, std::generic_category().message(error)));
}

void make_folder(const std::filesystem::path& folder) {
  if (folder.empty() || std::filesystem::exists(folder)) return;
  make_folder(folder.parent_path());
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) fail("a folder cannot be made", errno);
}

}  // namespace

FileId file_id(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return {};
  return {.device = info.st_dev, .inode = info.st_ino};
}

void make_file(const std::string& path) {
  try {
    make_folder(std::filesystem::path(path).parent_path());
  } catch (const std::filesystem::filesystem_error& e) {
    fail("a folder cannot be reached", e.code().value());
  }
  const int fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0)
    ::close(fd);
  else if (errno != EEXIST)
    fail("the file cannot be made", errno);
}

}  // namespace relayna::store::sqlite
