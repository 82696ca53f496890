#include "app/replica_name.hpp"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

namespace relayna::app {

core::Result<std::string> replica_name(const std::string& state_dir, core::IdGenerator& ids) {
  const auto path = std::filesystem::path(state_dir) / "replica-id";
  std::string name;
  if (std::ifstream in(path); in >> name && core::Uuid::parse(name)) return name;
  name = ids.uuid7().str();
  const auto fresh = std::filesystem::path(path).concat(".new");
  std::ofstream out(fresh, std::ios::trunc);
  out << name << '\n';
  out.close();
  std::error_code problem;
  if (out) std::filesystem::rename(fresh, path, problem);
  if (!out || problem) {
    return core::fail(
        core::ErrorCode::invalid_configuration,
        fmt::format("GATEWAY_STATE_DIR: {} cannot be written; name a folder of this replica's own",
                    path.string()));
  }
  return name;
}

}  // namespace relayna::app
