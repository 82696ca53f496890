#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "relayna/core/result.hpp"

namespace relayna::ledger {

/// Where a process writes down what it has begun and what has ended, so that kill -9 loses neither: files in
/// `<state dir>/spool/`, written without fsync. They survive the process, not the machine's power. One
/// process per folder.
class SpoolFolder {
 public:
  struct Settings {
    std::uint64_t segment_bytes = std::uint64_t{16} << 20;  ///< a file's size, reserved when it is begun
    /// Of one shard. Beyond it nothing more is written until the store took some: what ends meanwhile is in
    /// memory only.
    std::uint64_t most_bytes = std::uint64_t{1} << 30;
  };

  /// Makes the folder (mode 0700) and takes it for this process. invalid_configuration, naming
  /// GATEWAY_STATE_DIR: it cannot be written, or another process has it.
  static core::Result<std::unique_ptr<SpoolFolder>> open(const std::string& state_dir, Settings settings);
  ~SpoolFolder();
  SpoolFolder(const SpoolFolder&) = delete;
  SpoolFolder& operator=(const SpoolFolder&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const Settings& settings() const noexcept { return settings_; }
  /// Unlike every other process's before and after.
  [[nodiscard]] const std::string& instance() const noexcept { return instance_; }

  /// The files of one shard of a process that is gone, in the order they were written.
  using Files = std::vector<std::string>;
  /// What earlier processes left, to whoever asks first: its logs are then theirs to deliver and remove.
  [[nodiscard]] std::vector<Files> take_previous();

 private:
  SpoolFolder(std::string path, int lock, Settings settings);
  std::string path_;
  int lock_;
  Settings settings_;
  std::string instance_;
  std::vector<Files> previous_;
};

}  // namespace relayna::ledger
