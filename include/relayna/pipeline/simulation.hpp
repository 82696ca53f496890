#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/catalog/snapshot.hpp"
#include "relayna/core/buffer.hpp"
#include "relayna/domain/counter_set.hpp"
#include "relayna/domain/policy_trace.hpp"
#include "relayna/identity/key_cache.hpp"
#include "relayna/net/address.hpp"
#include "relayna/upstream/candidates.hpp"

// What the pipeline would decide of a request nobody has sent. It runs the pipeline's own decisions.

namespace relayna::pipeline {

/// A request as far as decisions look at it. What is unset is read from `body`, as for a real request.
struct SimulatedRequest {
  std::string method = "POST";
  std::string target;  ///< a path of the proxy listener, percent-encoded
  net::Address source;
  core::SystemTime at{};
  std::string wanted_provider;          ///< `x-relayna-provider`
  std::optional<std::string> end_user;  ///< `x-relayna-end-user`
  std::string service;
  core::Buffer body;  ///< empty: none
  std::optional<std::uint64_t> body_bytes;
  std::optional<std::size_t> tool_count;
  std::optional<std::size_t> tool_schema_bytes;
  std::optional<std::int64_t> estimated_input_tokens;
  std::optional<std::int64_t> max_output_tokens;
  std::optional<core::Money> cost;  ///< instead of what the price list says
};

/// What one rule said. Where it stands: `request`, `key`, `route`, `body`, `model`, `policy`, `cost`.
struct RuleResult {
  enum class Outcome : std::uint8_t {
    passed,
    refused,
    not_applicable,
    not_reached,  ///< an earlier one refused first
  };
  std::string_view step;
  std::string_view rule;
  Outcome outcome = Outcome::not_reached;
  std::string message;  ///< of a refusal
};
std::string_view to_string(RuleResult::Outcome outcome) noexcept;

/// A place the request could go, and why policy keeps it from there.
struct SimulatedCandidate {
  upstream::Candidate candidate;
  std::optional<core::Error> refusal;
};

/// What would become of a request. Limits have not been asked: whether they admit it depends on the moment.
struct Simulation {
  catalog::SnapshotPtr snapshot;  ///< what the pointers below lead into
  identity::CachedKeyPtr key;
  std::string team_id;

  std::optional<core::Error> refusal;     ///< what the client would get; nullopt: it would be sent
  std::vector<RuleResult> rules;          ///< all there are, in their order
  std::optional<std::size_t> decided_by;  ///< into `rules`; set with `refusal`
  std::vector<domain::PolicySource> deciding_sources;  ///< who made the deciding rule what it is

  std::optional<domain::RouteSettings> route;  ///< unset: the path leads nowhere
  std::optional<domain::Policy> policy;        ///< every layer merged; unset: refused before it was asked
  std::vector<domain::PolicySource> sources;
  std::vector<domain::FieldOrigin> origins;
  std::vector<SimulatedCandidate> candidates;  ///< in the order they would be tried
  domain::CounterSet scopes;                   ///< the counters it would be charged to
  domain::TokenEstimate tokens;                ///< the most it can use
  std::optional<core::Money> cost;             ///< the most it can cost; unset: nobody knows
};

/// The path of a route that has just one.
std::optional<std::string> path_of_route(domain::Route route);
/// The method a path is served with; POST where several are, or none.
std::string usual_method(std::string_view path);

/// Decides `request` by `snapshot` as the pipeline does when `key` sends it. Touches no counter and no
/// upstream; any thread. Where chance decides between targets of one priority, one order is shown.
Simulation simulate(catalog::SnapshotPtr snapshot, identity::CachedKeyPtr key,
                    const SimulatedRequest& request, std::uint64_t max_request_body_bytes);

}  // namespace relayna::pipeline
