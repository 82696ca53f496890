#include "control/api/problems.hpp"

#include <algorithm>

namespace relayna::control {

void Problems::add_lines(std::string_view prefix, std::string_view lines) {
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    const auto line = lines.substr(0, end);
    lines.remove_prefix(end == lines.npos ? lines.size() : end + 1);
    const auto colon = line.find(": ");
    std::string path(prefix);
    if (colon == line.npos) {
      add(std::move(path), std::string(line));
      continue;
    }
    if (!path.empty()) path += '.';
    path += line.substr(0, colon);
    add(std::move(path), std::string(line.substr(colon + 2)));
  }
}

void Problems::add_missing(const Problems& others) {
  for (const auto& problem : others.all_) {
    if (std::ranges::find(all_, problem.path, &Problem::path) == all_.end()) all_.push_back(problem);
  }
}

bool Problems::concern(std::string_view field) const noexcept {
  return std::ranges::any_of(all_, [field](const Problem& problem) {
    const std::string_view path = problem.path;
    return path.starts_with(field) &&
           (path.size() == field.size() || path[field.size()] == '.' || path[field.size()] == '[');
  });
}

core::Error Problems::error() const {
  const auto told = [](const Problem& one) {
    return one.path.empty() ? one.message : one.path + ": " + one.message;
  };
  std::string message = all_.size() == 1 ? told(all_.front())
                                         : std::to_string(all_.size()) + " fields are wrong; see `fields`.";
  core::Error error(core::ErrorCode::invalid_request, std::move(message));
  if (all_.size() == 1) error.with_param(all_.front().path);
  return error;
}

}  // namespace relayna::control
