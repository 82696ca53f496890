#pragma once

#include "relayna/pipeline/simulation.hpp"

#include "control/api/operation.hpp"
#include "control/api/shape.hpp"

namespace relayna::control {

/// What an operator asks about: a request nobody has sent, by a key and under a configuration that need not
/// be saved.
struct SimulationRequest {
  std::string key_id;  ///< empty: a key that is not stored
  json::Document key;  ///< what differs from the stored key; null: nothing
  std::string method;  ///< empty: the one the route serves
  std::string path;
  std::string route;  ///< a setting id or a label, instead of `path`
  std::string model;
  std::optional<bool> stream;
  std::string provider;
  std::string service_name;
  json::Document body;  ///< null: none
  std::optional<std::int64_t> request_body_bytes;
  std::optional<std::int64_t> tool_count;
  std::optional<std::int64_t> tool_schema_bytes;
  std::optional<std::int64_t> estimated_input_tokens;
  std::optional<std::int64_t> max_output_tokens;
  std::optional<core::Money> estimated_cost;
  std::string source_address;
  std::optional<core::SystemTime> at;
  std::string end_user;
  json::Document changes;  ///< unsaved_changes.hpp; null: none
};

/// The fields of the body.
const Shape<SimulationRequest>& simulation_shape();

/// The request as the pipeline sees it. `call` says when and from where, unless the request does.
pipeline::SimulatedRequest simulated(const SimulationRequest& wanted, const Call& call);

}  // namespace relayna::control
