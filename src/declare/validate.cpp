#include "relayna/declare/validate.hpp"

#include <charconv>
#include <map>

#include "relayna/declare/file.hpp"

namespace relayna::declare {
namespace {

/// Line and column behind `path:`; {0, 0} for a problem of the file as a whole.
std::pair<int, int> position(const config::Problem& problem, std::size_t path_length) {
  std::pair<int, int> at{0, 0};
  if (problem.where.size() <= path_length) return at;
  const char* text = problem.where.data() + path_length + 1;
  const char* end = problem.where.data() + problem.where.size();
  const auto line = std::from_chars(text, end, at.first);
  if (line.ptr < end) std::from_chars(line.ptr + 1, end, at.second);
  return at;
}

}  // namespace

std::vector<config::Problem> validate_file(const std::string& path, const config::Environment& environment) {
  std::vector<config::Problem> all = config::check_process_sections(path, environment);
  config::append_unique(all, read_file(path, environment).problems);
  std::multimap<std::pair<int, int>, config::Problem*> ordered;
  for (config::Problem& problem : all) ordered.emplace(position(problem, path.size()), &problem);
  std::vector<config::Problem> result;
  for (const auto& [at, problem] : ordered) result.push_back(std::move(*problem));
  return result;
}

}  // namespace relayna::declare
