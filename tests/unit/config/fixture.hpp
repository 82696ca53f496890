#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/config/settings.hpp"
#include "relayna/config/yaml.hpp"

#include "support/temp_dir.hpp"

namespace relayna::config {

inline void PrintTo(const Problem& problem, std::ostream* out) {
  *out << problem.where << ": " << problem.message;
}

using Folder = test::TempDir;

/// What a gateway needs at least.
inline Environment minimal() {
  return {{"DATABASE_URL", "postgres://relayna@db/relayna"}, {"REDIS_URL", "redis://redis:6379"}};
}
inline Environment minimal_and(std::string name, std::string value) {
  Environment environment = minimal();
  environment[std::move(name)] = std::move(value);
  return environment;
}

inline std::string all_text(const Loaded& loaded) {
  std::string text;
  for (const Problem& problem : loaded.problems) text += problem.where + ": " + problem.message + "\n";
  for (const std::string& warning : loaded.warnings) text += warning + "\n";
  for (const auto& [name, source] : loaded.sources) text += name + "=" + source + "\n";
  return text;
}

inline std::optional<Problem> problem_at(const Loaded& loaded, std::string_view where) {
  for (const Problem& problem : loaded.problems) {
    if (problem.where == where) return problem;
  }
  return std::nullopt;
}

inline std::string text_of(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) text += problem.where + ": " + problem.message + "\n";
  return text;
}

}  // namespace relayna::config
