#include "relayna/declare/validate.hpp"

#include <fmt/core.h>

#include "app/command_line.hpp"
#include "app/commands/commands.hpp"

namespace relayna::app {

int validate(const config::Overrides& overrides) {
  const auto environment = config::process_environment();
  const std::string path = config::config_file_path(environment, overrides);
  if (path.empty()) {
    fmt::print(stderr,
               "relayna-gateway: no file to validate: give --file, set GATEWAY_CONFIG_FILE, or write "
               "./relayna-gateway.yaml\n");
    return kUsage;
  }
  const auto problems = declare::validate_file(path, environment);
  for (const auto& problem : problems) fmt::print(stderr, "{}: {}\n", problem.where, problem.message);
  if (!problems.empty()) return kFailed;
  fmt::print("{} is valid\n", path);
  return kOk;
}

}  // namespace relayna::app
