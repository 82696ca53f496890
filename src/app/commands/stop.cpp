#include <chrono>
#include <csignal>
#include <thread>

#include <fmt/core.h>

#include "app/command_line.hpp"
#include "app/commands/commands.hpp"
#include "app/pid_file.hpp"

namespace relayna::app {

int stop(const std::string& pid_file) {
  const int pid = running_pid(pid_file);
  if (pid == 0) {
    fmt::print(stderr, "relayna-gateway: nothing is running ({} names no live gateway)\n", pid_file);
    return kFailed;
  }
  if (::kill(pid, SIGTERM) != 0) {
    fmt::print(stderr, "relayna-gateway: process {} may not be signalled by this user\n", pid);
    return kFailed;
  }
  // The drain has its own bounds (GATEWAY_DRAIN_DELAY_SECONDS + GATEWAY_GRACEFUL_SECONDS); the file's lock
  // tells when it is over.
  while (running_pid(pid_file) == pid) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  fmt::print("stopped (pid {})\n", pid);
  return kOk;
}

}  // namespace relayna::app
