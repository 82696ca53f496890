#pragma once

#include <string>

#include "relayna/core/result.hpp"

namespace relayna::app {

/// The file that names the running gateway. Holds an advisory lock while the process lives, so that "is it
/// running" needs no guess about recycled process ids. Removed when destroyed.
class PidFile {
 public:
  /// conflict when a live gateway holds it. A stale file is replaced. An unwritable place is reported by
  /// `writable()`, not an error.
  static core::Result<PidFile> acquire(const std::string& path);
  PidFile(PidFile&& other) noexcept;
  PidFile& operator=(PidFile&&) = delete;
  ~PidFile();
  [[nodiscard]] bool writable() const noexcept { return descriptor_ >= 0; }

 private:
  PidFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::string path_;
  int descriptor_ = -1;
};

/// The process that holds `path`; 0 when nothing does.
int running_pid(const std::string& path);

}  // namespace relayna::app
