#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/catalog/snapshot.hpp"
#include "relayna/core/buffer.hpp"
#include "relayna/dialect/dialect.hpp"
#include "relayna/http/client.hpp"
#include "relayna/runtime/shard.hpp"
#include "relayna/telemetry/metrics.hpp"
#include "relayna/upstream/candidates.hpp"
#include "relayna/upstream/credential.hpp"
#include "relayna/upstream/credential_pool.hpp"
#include "relayna/upstream/provider_tally.hpp"

namespace relayna::upstream {

/// What is to be sent, independent of which upstream gets it. Everything pointed to outlives the call.
struct Outbound {
  dialect::Operation operation = dialect::Operation::other;
  bool raw = false;  ///< provider passthrough: nothing is edited, the answer is not read
  std::string_view method;
  std::string_view path;   ///< percent-encoded as the client sent it, gateway prefix removed
  std::string_view query;  ///< without `?`
  const http::Fields* client_fields = nullptr;
  const core::Buffer* body = nullptr;  ///< null: no body
  bool body_was_decoded = false;       ///< Content-Encoding no longer applies
  const dialect::Features* features = nullptr;
  bool inject_usage = false;    ///< ask for `stream_options.include_usage`
  std::string_view request_id;  ///< internal id
  std::string_view traceparent;
  std::string_view key_id;
  std::string_view project_id;
  std::string_view task_id;  ///< trusted workers only
  std::string_view run_id;
  core::Deadline total;
  runtime::StopSource* stop = nullptr;
};

/// An upstream's answer before its body was pulled.
struct Answer {
  http::ResponseHead head;
  std::unique_ptr<http::BodySource> body;
  const domain::Provider* provider = nullptr;
  std::string model;
  std::string credential_source;
  core::TimePoint sent{};    ///< when the last attempt began
  core::Duration connect{};  ///< 0: on a connection that was open
};

/// One try of one candidate.
struct Attempt {
  const domain::Provider* provider = nullptr;
  int status = 0;               ///< of its answer; 0: there was none
  std::string_view error_code;  ///< of the error table: why there was none
  core::Duration connect{};     ///< 0: on a connection that was open
  core::Duration took{};        ///< until the answer's head
};

/// How the attempts went; filled also when they all failed.
struct Attempts {
  static constexpr std::size_t kTraced = 6;
  int made = 0;
  int fallbacks = 0;
  const Candidate* last = nullptr;
  bool sent = false;               ///< the last one got the whole request, and may have worked for it
  core::Duration upstream_wait{};  ///< time spent waiting for upstreams, for the overhead metric

  void trace(const Attempt& attempt) noexcept {
    if (traced_ < kTraced) trace_[traced_++] = attempt;
  }
  /// The first of them.
  [[nodiscard]] std::span<const Attempt> traced() const noexcept { return std::span(trace_).first(traced_); }

 private:
  std::array<Attempt, kTraced> trace_;
  std::size_t traced_ = 0;
};

/// Policy per target: nullopt lets the candidate be tried.
using CandidateCheck = std::function<std::optional<core::Error>(const Candidate&)>;

class PlainStreams;

/// Sends a request to the first candidate that answers. Falls back before the first byte only: on connection
/// errors, timeouts, 408, 429 and 5xx; before that, a provider that refuses one of its credentials (429, or
/// as not valid) is asked with another that is free. A stream that is refused for the `stream_options` it was
/// given is asked for once more without. At most kMostAttempts in all. Answers of the last candidate are
/// passed on as they are; a 401 or 403 that means our own credential was refused becomes
/// upstream_auth_failed. One shard.
class Dispatcher {
 public:
  static constexpr int kMostAttempts = 6;

  /// `shards`: how many dispatchers share the caps of credentials.
  Dispatcher(runtime::Shard& shard, http::Client& client, telemetry::Metrics& metrics,
             std::int64_t shards = 1);
  ~Dispatcher();
  runtime::Task<core::Result<Answer>> send(const catalog::Snapshot& snapshot,
                                           const std::vector<Candidate>& candidates, const Outbound& outbound,
                                           const CandidateCheck& check, Attempts& attempts);

  /// How the credentials stand that have been used since the start, where a provider has several.
  [[nodiscard]] std::vector<CredentialStanding> credentials() const {
    return credentials_.standings(shard_.clock().now());
  }
  /// How the providers did that have been asked since the start.
  [[nodiscard]] std::vector<ProviderStanding> providers() const {
    return tally_.standings(shard_.clock().wall());
  }

 private:
  struct Probe;
  runtime::Task<core::Result<Answer>> ask(const catalog::Snapshot& snapshot, const Candidate& candidate,
                                          const Outbound& outbound, Attempts& attempts);
  runtime::Task<core::Result<Answer>> attempt(const Candidate& candidate, const Outbound& outbound,
                                              const ChosenCredential& credential, bool& sent);
  runtime::Task<core::Result<Answer>> attempt_http(const Candidate& candidate, const Outbound& outbound,
                                                   const ChosenCredential& credential, bool& sent);

  runtime::Shard& shard_;
  http::Client& client_;
  std::unique_ptr<Probe> probe_;
  CredentialPool credentials_;
  std::unique_ptr<PlainStreams> plain_streams_;
  ProviderTally tally_;
};

/// Adds an upstream path to a provider's base URL: the base path is kept, and a `/v1` that both have appears
/// once.
std::string join_target(std::string_view base_path, std::string_view path, std::string_view query);

}  // namespace relayna::upstream
