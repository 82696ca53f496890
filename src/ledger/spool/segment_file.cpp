#include "ledger/spool/segment_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/spool/frame.hpp"

namespace relayna::ledger {

namespace {

std::unexpected<core::Error> failed(std::string_view what, const std::string& path, int number) {
  return core::fail(core::ErrorCode::internal_error, {},
                    fmt::format("{} {}: {}", what, path, std::strerror(number)));
}

core::Result<std::string> read_at(int fd, const std::string& path, std::uint64_t offset, std::size_t size) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return failed("cannot read", path, errno);
  const auto end = static_cast<std::uint64_t>(status.st_size);
  std::string out(offset < end ? std::min<std::uint64_t>(size, end - offset) : 0, '\0');
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("cannot read", path, errno);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  out.resize(done);
  return out;
}

}  // namespace

core::Result<SegmentFile> SegmentFile::create(std::string path, std::uint64_t capacity) {
  const int fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return failed("cannot create", path, errno);
  SegmentFile file(std::move(path), fd);
  int problem = 0;
  if (::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(capacity)) != 0) problem = errno;
  // Some file systems cannot reserve; there a full disk is met when it is written to.
  if (problem == EOPNOTSUPP || problem == ENOSYS) problem = 0;
  if (problem != 0) {
    file.remove();
    return failed("cannot reserve", file.path_, problem);
  }
  if (auto ok = file.append(kSegmentHeader); !ok) {
    file.remove();
    return std::unexpected(std::move(ok.error()));
  }
  return file;
}

SegmentFile::~SegmentFile() {
  if (fd_ >= 0) ::close(fd_);
}

core::Result<void> SegmentFile::append(std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n =
        ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(size_ + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("cannot write", path_, errno);
    done += static_cast<std::size_t>(n);
  }
  size_ += bytes.size();
  return {};
}

core::Result<std::string> SegmentFile::read(std::uint64_t offset, std::size_t size) const {
  return read_at(fd_, path_, offset, size);
}

void SegmentFile::remove() const noexcept {
  ::unlink(path_.c_str());
}

core::Result<std::string> read_file(const std::string& path, std::uint64_t offset, std::size_t size) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failed("cannot open", path, errno);
  auto out = read_at(fd, path, offset, size);
  ::close(fd);
  return out;
}

}  // namespace relayna::ledger
