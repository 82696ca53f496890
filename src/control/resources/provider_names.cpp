#include "control/resources/provider_names.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace relayna::control {

namespace {

constexpr std::size_t kMostNamed = 20;

core::Result<std::vector<std::string>> known_names(const Resources& with) {
  std::vector<std::string> names;
  for (const auto& provider : with.environment_providers) names.push_back(provider.name);
  auto page = with.store.administration().of<store::ProviderRow>().list(
      {.where = {}, .sort = "name", .descending = false, .after = {}, .limit = kMostNamed});
  if (!page) return std::unexpected(std::move(page.error()));
  for (const auto& row : page->rows) names.push_back(row.provider.name);
  return names;
}

}  // namespace

core::Result<void> check_provider_name(const Resources& with, const std::string& name,
                                       const std::string& path, Problems& problems) {
  const auto& fixed = with.environment_providers;
  if (std::ranges::find(fixed, name, &domain::Provider::name) != fixed.end()) return {};
  using Test = store::Filter::Test;
  auto found =
      with.store.administration().of<store::ProviderRow>().list({.where = {{"name", Test::equals, name}},
                                                                 .sort = "name",
                                                                 .descending = false,
                                                                 .after = {},
                                                                 .limit = 1});
  if (!found) return std::unexpected(std::move(found.error()));
  if (!found->rows.empty()) return {};
  auto names = known_names(with);
  if (!names) return std::unexpected(std::move(names.error()));
  problems.add(path, names->empty()
                         ? std::string("names no provider; there is none yet")
                         : fmt::format("names no provider; there are: {}", fmt::join(*names, ", ")));
  return {};
}

}  // namespace relayna::control
