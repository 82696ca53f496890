#pragma once

#include <optional>
#include <string>
#include <vector>

#include "relayna/domain/catalog_objects.hpp"
#include "relayna/net/connector.hpp"
#include "relayna/upstream/model_directory.hpp"

namespace relayna::upstream {

/// One step of a check, in the order they were made; the first that fails is the last.
struct CheckStep {
  std::string name;        ///< address | connection | models | credential
  std::optional<bool> ok;  ///< nullopt: not tried
  std::string message;     ///< what was found, or why it failed; never a credential
  core::Duration took{};
};

/// Whether a provider can be used: is its base URL one, can its host be found, reached and trusted (name,
/// TCP, TLS), and does it take the credential (its list of models, 5 s). Of kinds without such a list the
/// credential is not tried, and the last step says so. One shard.
runtime::Task<std::vector<CheckStep>> check_connection(runtime::Shard& shard, net::Connector& connector,
                                                       ModelDirectory& models, domain::Provider provider,
                                                       runtime::StopSource* stop);

}  // namespace relayna::upstream
