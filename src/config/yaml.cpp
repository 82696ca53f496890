#include "relayna/config/yaml.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <map>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relayna/core/encoding.hpp"

namespace relayna::config::yaml {

const Node* Node::find(std::string_view key) const noexcept {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

bool Node::unset() const noexcept {
  return kind == Kind::null || (kind == Kind::scalar && core::trim(text).empty());
}

void Diagnostics::add(Mark at, std::string_view path, std::string_view message, std::string_view example) {
  if (found_.size() >= kMaxProblems) {
    ++left_out_;
    return;
  }
  std::string line(message);
  if (!path.empty()) line = fmt::format("{}: {}", path, message);
  if (!example.empty()) line += fmt::format("; example: {}", example);
  found_.push_back({at, std::move(line)});
}

std::vector<Problem> Diagnostics::problems() const {
  std::multimap<std::pair<int, int>, const Found*> sorted;  // equal positions keep their order
  for (const Found& found : found_) sorted.emplace(std::pair(found.at.line, found.at.column), &found);
  std::vector<Problem> out;
  for (const auto& [position, found] : sorted) {
    std::string where = file_;
    if (position.first > 0) where += fmt::format(":{}:{}", position.first, position.second);
    out.push_back({std::move(where), found->message});
  }
  if (left_out_ > 0) out.push_back({file_, fmt::format("and {} more problems", left_out_)});
  return out;
}

FileText read_text(const std::string& path, std::size_t max_bytes) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return {{}, fmt::format("cannot be read: {}", std::strerror(errno))};
  FileText result;
  struct stat status{};
  if (::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
    result.problem = "cannot be read: it is a directory";
  }
  std::array<char, 16'384> chunk{};
  while (result.problem.empty()) {
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) result.problem = fmt::format("cannot be read: {}", std::strerror(errno));
    if (got <= 0) break;
    result.bytes.append(chunk.data(), static_cast<std::size_t>(got));
    if (result.bytes.size() > max_bytes) {
      result.problem = fmt::format("is larger than {} bytes", max_bytes);
    }
  }
  ::close(fd);
  if (!result.problem.empty()) result.bytes.clear();
  return result;
}

std::string join_path(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

std::string join_path(std::string_view path, std::size_t index) {
  return fmt::format("{}[{}]", path, index);
}

}  // namespace relayna::config::yaml
