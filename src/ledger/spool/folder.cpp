#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "relayna/core/ids.hpp"
#include "relayna/ledger/spool_folder.hpp"

#include "ledger/spool/segment_name.hpp"

namespace relayna::ledger {

namespace {

std::unexpected<core::Error> unusable(const std::string& path, const std::string& why) {
  return core::fail(core::ErrorCode::invalid_configuration,
                    fmt::format("GATEWAY_STATE_DIR: {}: {}; give a directory that this user may write and no "
                                "other process uses, for example /var/lib/relayna-gateway",
                                path, why));
}

/// Files by the log they belong to, each log's in order.
std::vector<SpoolFolder::Files> logs_in(const std::string& path) {
  std::map<std::string, std::map<std::uint64_t, std::string>> logs;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (const auto name = SegmentName::parse(entry.path().filename().string()))
      logs[name->log][name->number] = entry.path().string();
  }
  std::vector<SpoolFolder::Files> out;
  for (auto& [log, files] : logs) {
    auto& list = out.emplace_back();
    for (auto& [number, file] : files) list.push_back(std::move(file));
  }
  return out;
}

}  // namespace

core::Result<std::unique_ptr<SpoolFolder>> SpoolFolder::open(const std::string& state_dir,
                                                             Settings settings) {
  const std::string path = (std::filesystem::path(state_dir) / "spool").string();
  try {
    if (std::filesystem::create_directories(path))
      std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    const int lock = ::open((path + "/lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (lock < 0) return unusable(path, std::strerror(errno));
    std::unique_ptr<SpoolFolder> folder(new SpoolFolder(path, lock, settings));
    // Ends with the process, however it ends.
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0)
      return unusable(path, errno == EWOULDBLOCK ? "another process uses it" : std::strerror(errno));
    folder->previous_ = logs_in(path);
    return folder;
  } catch (const std::filesystem::filesystem_error& e) {
    return unusable(path, e.code().message());
  }
}

SpoolFolder::SpoolFolder(std::string path, int lock, Settings settings)
    : path_(std::move(path)),
      lock_(lock),
      settings_(settings),
      instance_(core::IdGenerator().uuid7().str()) {}

SpoolFolder::~SpoolFolder() {
  ::close(lock_);
}

std::vector<SpoolFolder::Files> SpoolFolder::take_previous() {
  return std::exchange(previous_, {});
}

}  // namespace relayna::ledger
