#include "control/usage/dimensions.hpp"

#include <algorithm>
#include <vector>

namespace relayna::control {

namespace {

using enum store::UsageDimension;

constexpr Dimension kDimensions[] = {
    {"key", "by-key", key},
    {"project", "by-project", project},
    {"team", "by-team", team},
    {"model", "by-model", model},
    {"provider", "by-provider", provider},
    {"service", "by-service", service},
    {"route", "by-route", route},
    {"end_user", "by-end-user", end_user},
    {"tag", "by-tag", tag},
    {"error_code", "by-error-code", error_code},
    {"task", "by-task", task},
    {"endpoint", "by-endpoint", endpoint},
};

const std::vector<std::string_view>& names() {
  static const auto all = [] {
    std::vector<std::string_view> listed;
    for (const Dimension& known : kDimensions) listed.push_back(known.name);
    return listed;
  }();
  return all;
}

}  // namespace

std::span<const Dimension> dimensions() noexcept {
  return kDimensions;
}

const Dimension* take_dimension(Call& call, std::string_view name) {
  const auto given = call.query.take_choice(name, names(), call.problems);
  if (!given) return nullptr;
  return std::ranges::find(kDimensions, *given, &Dimension::name);
}

json::Document dimension_schema() {
  return {{"type", "string"}, {"enum", names()}};
}

json::Document shown_name(const std::string& name) {
  return name.empty() ? json::Document() : json::Document(name);
}

}  // namespace relayna::control
