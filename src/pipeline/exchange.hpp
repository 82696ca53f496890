#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/pipeline/pipeline.hpp"

#include "pipeline/inquiry.hpp"
#include "pipeline/price_memo.hpp"
#include "pipeline/stage_clock.hpp"

namespace relayna::pipeline {

/// Everything known of one request while it lives: the inquiry, and how it goes on. Filled step by step in
/// the order of pipeline.cpp; moved into the answer's body, so that it settles when the last byte is out or
/// the client is gone. One shard.
class Exchange : public Inquiry {
 public:
  Exchange(Parts& parts, Probe& probe, PriceMemo& prices, http::Request&& incoming);
  /// Settles when nothing did before: an answer that was dropped counts as a client that left.
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Step 1: who is who on the wire.
  http::Request request;
  char id[36];  ///< internal UUIDv7
  char trace_id[32];
  char traceparent[55];             ///< sent upstream: our own span under the caller's trace
  std::string_view correlation_id;  ///< the client's x-request-id when it is presentable, else empty
  [[nodiscard]] std::string_view id_view() const noexcept { return {id, sizeof id}; }
  [[nodiscard]] std::string_view trace_id_view() const noexcept { return {trace_id, sizeof trace_id}; }
  [[nodiscard]] std::string_view traceparent_view() const noexcept {
    return {traceparent, sizeof traceparent};
  }

  // Step 2 and 3: how it is asked; what, and by whom, is the inquiry.
  dialect::Api api = dialect::Api::openai;
  bool trusted_worker = false;
  core::Buffer body;
  bool body_was_decoded = false;
  BodyAdmission::Lease lease;

  // Step 6 and 7: what it holds and where it goes.
  ledger::Reservation reservation;
  std::vector<ledger::ScopeStanding> refused_by;  ///< its limits when they did not admit it
  [[nodiscard]] const std::vector<ledger::ScopeStanding>& standings() const noexcept {
    return reservation ? reservation.standings() : refused_by;
  }
  core::Deadline total;
  /// Cancels the upstream. On a route that drains it does not follow a client that leaves, only a gateway
  /// that goes.
  runtime::StopSource upstream_stop;
  std::optional<runtime::StopCallback> follows;
  bool policy_limits_total = false;  ///< `total` comes from max_stream_duration_seconds
  upstream::Attempts attempts;
  bool hides_usage_chunk = false;

  // Step 8 and 9: how it went.
  std::string provider;
  std::string model;
  std::string credential_source;
  int status = 0;
  std::string_view error_code;
  std::string error_reason;  ///< the rule or the limit that refused
  bool stream = false;
  bool client_gone = false;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  std::optional<core::Duration> time_to_first_token;
  core::Duration overhead{};
  dialect::Usage usage;
  bool usage_is_final = false;       ///< `usage` is what the provider said last, not what it said meanwhile
  std::int64_t streamed_tokens = 0;  ///< about how many, for when nobody reports them
  std::optional<std::int64_t> input_tokens;  ///< as accounted for: reported or estimated
  std::optional<std::int64_t> output_tokens;
  std::optional<std::int64_t> cost_nanos;
  ShortText<16> usage_source;
  counters::Amounts reserved;  ///< what it held of its limits in the end
  bool answered_by_upstream = false;

  [[nodiscard]] core::Duration elapsed() const noexcept;
  /// From now on its time is spent on `stage`.
  void enter(Stage stage) noexcept;
  /// The usage event as far as it is known before an upstream is asked.
  [[nodiscard]] domain::UsageEvent event() const;
  /// Why the exchange really ends: that the wait for an upstream was cancelled may mean that the client left,
  /// or that the gateway is about to, in which case the client is still there to be told.
  [[nodiscard]] core::Error real_cause(core::Error error) const;
  /// What the answer told of its usage, and about how much of it there was.
  void take_usage(const dialect::UsageReader& reader);
  /// About how many tokens of output have passed, as far as is known: not more than the request allows,
  /// unless there certainly were.
  [[nodiscard]] std::int64_t output_so_far(const dialect::UsageReader& reader) const noexcept;
  /// What the upstream's side of the exchange listens to.
  runtime::StopSource* stop_for_upstream();
  /// Cuts what ties it to the client's connection, which is about to go; from here on only `stop_drains` ends
  /// it.
  void outlive_client();
  /// Remembers why the gateway itself refused or failed.
  void failed(const core::Error& error);
  /// Step 9: usage event, access line, metrics; exactly once, whatever happened. Never throws.
  void settle() noexcept;
  [[nodiscard]] Parts& parts() const noexcept { return parts_; }
  [[nodiscard]] Probe& probe() const noexcept { return probe_; }
  [[nodiscard]] PriceMemo& prices() const noexcept { return prices_; }

 private:
  /// What became known since `event()`.
  void complete(domain::UsageEvent& event) const;
  void settle_usage();
  void write_access_line();
  /// Leaves what operators may look at (remember.cpp).
  void remember() noexcept;
  Parts& parts_;
  Probe& probe_;
  PriceMemo& prices_;
  StageClock stages_;
  bool settled_ = false;
};

}  // namespace relayna::pipeline
