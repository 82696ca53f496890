#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "relayna/core/result.hpp"

namespace relayna::ledger {

/// A file that grows by whole frames. One thread. Errors: internal_error with the system's reason.
class SegmentFile {
 public:
  /// Begins `path` (mode 0600) with the header and reserves `capacity` bytes, so that a full disk is met here
  /// and not between two records. The file must not exist.
  static core::Result<SegmentFile> create(std::string path, std::uint64_t capacity);
  SegmentFile(SegmentFile&& other) noexcept
      : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}
  SegmentFile& operator=(SegmentFile&&) = delete;
  ~SegmentFile();

  /// All or nothing: what was written of a failed append lies behind the end and is overwritten by the next.
  core::Result<void> append(std::string_view bytes);
  core::Result<std::string> read(std::uint64_t offset, std::size_t size) const;
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// Deletes the file.
  void remove() const noexcept;

 private:
  SegmentFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  std::string path_;
  int fd_;
  std::uint64_t size_ = 0;
};

/// `size` bytes at `offset` of a file, fewer at its end.
core::Result<std::string> read_file(const std::string& path, std::uint64_t offset, std::size_t size);

}  // namespace relayna::ledger
