#pragma once

#include <string>

#include "relayna/http/message.hpp"

#include "control/api/operation.hpp"

namespace relayna::control {

/// What an operator wants sent, and as whom.
struct PlaygroundRequest {
  std::string key_id;
  http::RequestHead head;  ///< tagged as the playground's
  std::string body;
};

/// Reads `{key_id, path, method?, headers?, body?}`. invalid_request with every problem.
core::Result<PlaygroundRequest> read_playground_request(Call& call);
json::Document playground_request_schema();

}  // namespace relayna::control
