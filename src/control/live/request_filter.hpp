#pragma once

#include <optional>
#include <string>
#include <vector>

#include "relayna/pipeline/request_feed.hpp"

#include "control/api/operation.hpp"

namespace relayna::control {

/// Which finished requests an operator wants to see; everything that is set must hold.
struct RequestFilter {
  std::optional<std::string> key_id, project_id, model, provider, route;
  std::optional<int> status_class;  ///< 2 for 200 to 299
  bool errors_only = false;         ///< a status of 400 and above, or an answer that broke

  [[nodiscard]] bool operator()(const pipeline::FinishedRequest& request) const;

  /// From `key_id`, `project_id`, `model`, `provider`, `route`, `status_class`, `errors`; what is wrong goes
  /// to the call's problems.
  static RequestFilter read(Call& call);
  /// The same for documents.
  static std::vector<Parameter> parameters();
};

}  // namespace relayna::control
