#include <fmt/core.h>

#include "relayna/core/error_docs.hpp"

#include "app/command_line.hpp"
#include "app/commands/commands.hpp"

namespace relayna::app {

int docs(const std::string& page) {
  if (page == "configuration") {
    fmt::print("{}", config::configuration_markdown());
  } else if (page == "errors") {
    fmt::print("{}", core::errors_markdown());
  } else {
    fmt::print(stderr, "relayna-gateway: no page '{}'; there are: configuration, errors\n", page);
    return kUsage;
  }
  return kOk;
}

}  // namespace relayna::app
