#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "control/resources/resources.hpp"

namespace relayna::control {

/// Whose counters are set back, and what the audit log calls it.
struct ResetPlan {
  std::string target_type;  ///< `limits`
  std::string target_id;
  std::vector<domain::LimitedScope> scopes;
  std::set<domain::LimitKind> kinds;
};

/// Sets counters back: what they say is used is stored as taken off, with its audit row in one unit, and the
/// counters are told. When they go away in between they are told later.
runtime::Task<core::Result<http::Response>> reset_counters(const Resources* with, std::shared_ptr<Call> call,
                                                           ResetPlan plan);

/// `properties` besides `windows`.
json::Document reset_request_schema(json::Document properties);
json::Document reset_response_schema();
std::vector<core::ErrorCode> reset_errors();

}  // namespace relayna::control
