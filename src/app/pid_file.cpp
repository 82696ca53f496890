#include "app/pid_file.hpp"

#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace relayna::app {

namespace {

int read_pid(int descriptor) {
  char text[32] = {};
  const auto n = ::pread(descriptor, text, sizeof text - 1, 0);
  return n > 0 ? std::atoi(text) : 0;
}

}  // namespace

core::Result<PidFile> PidFile::acquire(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return PidFile(path, -1);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int pid = read_pid(descriptor);
    ::close(descriptor);
    return core::fail(
        core::ErrorCode::conflict,
        fmt::format("{}: a gateway is already running (pid {}); stop it first or choose another "
                    "--pid-file",
                    path, pid));
  }
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    ::close(descriptor);
    return PidFile(path, -1);
  }
  return PidFile(path, descriptor);
}

PidFile::PidFile(PidFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

PidFile::~PidFile() {
  if (descriptor_ < 0) return;
  ::unlink(path_.c_str());
  ::close(descriptor_);
}

int running_pid(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  const bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0;
  const int pid = held ? read_pid(descriptor) : 0;
  ::close(descriptor);
  return pid;
}

}  // namespace relayna::app
