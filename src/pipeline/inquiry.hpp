#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/http/path.hpp"
#include "relayna/identity/key_cache.hpp"
#include "relayna/upstream/candidates.hpp"

#include "pipeline/policy_cache.hpp"
#include "pipeline/route_match.hpp"

namespace relayna::pipeline {

class Trace;

/// What is asked, by whom, and what has been decided of it: the part of an exchange that waits for nobody. A
/// simulated request is one without an exchange. Views point into the request, pointers into the snapshot.
struct Inquiry {
  Trace* trace = nullptr;  ///< of a simulation; null for live requests

  // What is asked, by whom.
  core::SystemTime began{};
  std::string_view method;
  http::Target target;
  net::Address source;
  std::string_view wanted_provider;                ///< `x-relayna-provider`
  std::optional<std::string_view> named_end_user;  ///< `x-relayna-end-user`
  std::string_view service;
  std::uint64_t draw = 0;        ///< chance, for weighted choices
  std::uint64_t body_bytes = 0;  ///< decoded
  dialect::Features features;
  catalog::SnapshotPtr snapshot;
  identity::CachedKeyPtr key;
  std::string_view team_id;

  // What was decided.
  RouteMatch match;
  domain::RouteSettings route_settings;
  std::string raw_route;  ///< `/providers/openai/*`: what policies may call a raw call besides its label
  std::vector<upstream::Candidate> candidates;
  std::shared_ptr<const Governed> governed;
  std::shared_ptr<const domain::Policy> policy;  ///< governed->policy
  domain::CounterSet scopes;                     ///< the counters it is charged to
  domain::TokenEstimate estimate;
  std::optional<core::Money> most_cost;     ///< the most it can cost; unset: nobody knows
  std::optional<core::Money> assumed_cost;  ///< a simulation's, instead of the price list's

  /// Who the request is made for, as the caller says; empty when he does not.
  [[nodiscard]] std::string_view end_user() const noexcept {
    return named_end_user.value_or(features.end_user);
  }
  [[nodiscard]] bool is_raw() const noexcept { return match.route == domain::Route::provider_passthrough; }
  /// Lists of models are answered by the gateway itself.
  [[nodiscard]] bool is_list() const noexcept {
    return match.route == domain::Route::models || match.route == domain::Route::model;
  }
};

}  // namespace relayna::pipeline
