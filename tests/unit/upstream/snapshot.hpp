#pragma once

#include <string>
#include <utility>

#include "relayna/catalog/snapshot.hpp"

namespace relayna::upstream::test {

inline domain::Provider provider(std::string name, domain::ProviderKind kind, std::string fallback = {}) {
  domain::Provider out;
  out.name = std::move(name);
  out.kind = kind;
  out.fallback = std::move(fallback);
  return out;
}

inline domain::Model model(std::string name, std::string provider, std::string upstream_model = {}) {
  return {
      .name = std::move(name), .provider = std::move(provider), .upstream_model = std::move(upstream_model)};
}

}  // namespace relayna::upstream::test
