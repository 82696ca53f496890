#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace relayna::test {

using Command = std::vector<std::string>;

struct ProcessOptions {
  std::string user;                   ///< run as this user when the test runs as root; empty: as the caller
  std::string death_signal = "KILL";  ///< what it gets when its starter dies
  std::string output;  ///< file that stdout and stderr are appended to; empty: they go to the test's own
};

/// A child process. It does not outlive the thread that started it, nor this object.
/// Throws std::runtime_error when it cannot be started.
class Process {
 public:
  explicit Process(const Command& command, const ProcessOptions& options = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] bool running();
  void signal(int number) const;
  /// Waits for its end: the exit code, or 128 + the signal. Throws when it takes longer.
  int wait(std::chrono::seconds limit = std::chrono::seconds(60));

 private:
  bool reap(int flags);
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

/// Runs a command to its end; throws with its output unless it exits with 0. Returns the output.
std::string run(const Command& command, const std::string& user = {});

/// Direct children of a process.
std::vector<pid_t> children_of(pid_t parent);

/// A TCP port that nothing on 127.0.0.1 used just now.
int free_port();

/// True once `condition` is; false when it is not within `limit`.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds limit = std::chrono::seconds(10));

}  // namespace relayna::test
