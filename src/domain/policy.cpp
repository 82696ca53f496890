#include "relayna/domain/policy.hpp"

#include <array>
#include <utility>

namespace relayna::domain {
namespace {

constexpr std::array<std::pair<LayerKind, std::string_view>, 6> kLayerKinds{{
    {LayerKind::global, "global"},
    {LayerKind::project, "project"},
    {LayerKind::team, "team"},
    {LayerKind::route, "route"},
    {LayerKind::model, "model"},
    {LayerKind::key, "key"},
}};

}  // namespace

std::string_view to_string(LayerKind kind) noexcept {
  for (const auto& [k, name] : kLayerKinds) {
    if (k == kind) return name;
  }
  return "unknown";
}

std::optional<LayerKind> parse_layer_kind(std::string_view text) noexcept {
  for (const auto& [kind, name] : kLayerKinds) {
    if (name == text) return kind;
  }
  return std::nullopt;
}

}  // namespace relayna::domain
