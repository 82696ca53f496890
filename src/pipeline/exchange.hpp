#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/route_match.hpp"
#include "relayna/pipeline/pipeline.hpp"

namespace relayna::pipeline {

/// Everything known of one request while it lives. Filled step by step in the order of pipeline.cpp; moved into the answer's body, so that it
/// settles when the last byte is out or the client is gone. One shard.
class Exchange {
 public:
  Exchange(Parts& parts, Probe& probe, http::Request&& incoming);
  /// Settles when nothing did before: an answer that was dropped counts as a client that left.
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Step 1: who is who on the wire.
  http::Request request;
  char id[36];            ///< internal UUIDv7
  char trace_id[32];
  char traceparent[55];   ///< sent upstream: our own span under the caller's trace
  std::string_view correlation_id;  ///< the client's x-request-id when it is presentable, else empty
  [[nodiscard]] std::string_view id_view() const noexcept { return {id, sizeof id}; }
  [[nodiscard]] std::string_view trace_id_view() const noexcept { return {trace_id, sizeof trace_id}; }
  [[nodiscard]] std::string_view traceparent_view() const noexcept { return {traceparent, sizeof traceparent}; }
  core::SystemTime began{};

  // Step 2 and 3: what is asked, by whom.
  http::Target target;
  dialect::Api api = dialect::Api::openai;
  RouteMatch match;
  catalog::SnapshotPtr snapshot;
  std::shared_ptr<const identity::CachedKey> key;
  std::string_view team_id;
  bool trusted_worker = false;
  core::Buffer body;
  bool body_was_decoded = false;
  BodyAdmission::Lease lease;
  dialect::Features features;

  // Step 4 to 7: what it may do and where it goes.
  std::shared_ptr<const domain::Policy> policy;
  domain::RouteSettings route_settings;
  core::Deadline total;
  bool policy_limits_total = false;  ///< `total` comes from max_stream_duration_seconds
  std::vector<upstream::Candidate> candidates;
  upstream::Attempts attempts;
  bool hides_usage_chunk = false;

  // Step 8 and 9: how it went.
  std::string provider;
  std::string model;
  std::string_view credential_source;
  int status = 0;
  std::string_view error_code;
  bool stream = false;
  bool client_gone = false;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  std::optional<core::Duration> time_to_first_token;
  core::Duration overhead{};
  dialect::Usage usage;
  bool answered_by_upstream = false;

  [[nodiscard]] core::Duration elapsed() const noexcept;
  /// Remembers why the gateway itself refused or failed.
  void failed(const core::Error& error);
  /// Step 9: usage event, access line, metrics; exactly once, whatever happened. Never throws.
  void settle() noexcept;
  [[nodiscard]] Parts& parts() const noexcept { return parts_; }
  [[nodiscard]] Probe& probe() const noexcept { return probe_; }

 private:
  void write_usage_event();
  void write_access_line();
  Parts& parts_;
  Probe& probe_;
  bool settled_ = false;
};

}  // namespace relayna::pipeline
