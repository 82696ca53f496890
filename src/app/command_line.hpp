#pragma once

namespace relayna::app {

/// Exit codes of every command (contract section 2).
enum Exit : int { kOk = 0, kFailed = 1, kUsage = 2, kNotRunning = 3, kConfiguration = 78 };

/// Parses the command line and runs the command it names; `start` when it names none. Returns the exit code;
/// never throws.
int run_command_line(int argc, char** argv) noexcept;

}  // namespace relayna::app
