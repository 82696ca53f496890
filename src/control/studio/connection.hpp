#pragma once

#include <optional>
#include <string>

#include "relayna/core/secret.hpp"
#include "relayna/domain/operator.hpp"

#include "control/resources/resources.hpp"

namespace relayna::control {

/// Where Relayna Studio is: as an operator saved it, else as the process is configured, else nowhere.
struct StudioConnection {
  std::string base_url;  ///< empty: there is none
  core::Secret token;
  bool saved = false;  ///< by an operator
  std::optional<core::SystemTime> updated_at;
};

/// The one in force given the saved setting. Errors: the token does not open.
core::Result<StudioConnection> studio_connection(const Resources& with,
                                                 const std::optional<domain::Setting>& saved);

/// `{base_url, token_configured, source, updated_at}`; `source` as GET /admin/settings tells it.
json::Document show(const Resources& with, const StudioConnection& connection);
json::Document studio_connection_schema();

/// Merges `body` (`base_url`, `token`) into the saved setting; nullopt: nothing is saved any more, because
/// the base URL was cleared. Null stands for nothing saved.
core::Result<std::optional<domain::Setting>> merge_studio_connection(const Resources& with, Call& call,
                                                                     std::optional<domain::Setting> saved);

}  // namespace relayna::control
