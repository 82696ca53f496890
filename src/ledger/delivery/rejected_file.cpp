#include "ledger/delivery/rejected_file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/codec.hpp"
#include "ledger/spool/frame.hpp"

namespace relayna::ledger {

core::Result<void> put_aside(const std::string& path, const SettledEvent& settled) {
  const int fd = ::open(path.c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600);
  struct stat status{};
  if (fd < 0 || ::fstat(fd, &status) != 0) {
    const int problem = errno;
    if (fd >= 0) ::close(fd);
    return core::fail(core::ErrorCode::internal_error, {},
                      fmt::format("cannot open {}: {}", path, std::strerror(problem)));
  }
  std::string bytes(status.st_size == 0 ? kSegmentHeader : std::string_view());
  append_frame(bytes, RecordType::event, [&](std::string& out) { encode(settled, out); });
  const ssize_t written = ::write(fd, bytes.data(), bytes.size());
  const int problem = errno;
  ::close(fd);
  if (written == static_cast<ssize_t>(bytes.size())) return {};
  return core::fail(
      core::ErrorCode::internal_error, {},
      fmt::format("cannot write {}: {}", path, written < 0 ? std::strerror(problem) : "the disk is full"));
}

}  // namespace relayna::ledger
