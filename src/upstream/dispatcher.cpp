#include "relayna/upstream/dispatcher.hpp"

#include "relayna/telemetry/log.hpp"
#include "relayna/upstream/credential.hpp"

#include "upstream/credential_turns.hpp"
#include "upstream/echo_provider.hpp"
#include "upstream/edited_body.hpp"
#include "upstream/forwarded_fields.hpp"
#include "upstream/refused_credential.hpp"
#include "upstream/refused_stream_options.hpp"

namespace relayna::upstream {

namespace {

/// Scanning more than this may take over 100 µs: not on the loop.
constexpr std::size_t kOffloadBytes = 128 * 1024;

bool retryable_status(int status) noexcept {
  return status == 408 || status == 429 || status >= 500;
}

bool retryable_error(const core::Error& error) noexcept {
  switch (error.code) {
    case core::ErrorCode::upstream_connection:
    case core::ErrorCode::upstream_timeout:
    case core::ErrorCode::upstream_protocol:
    case core::ErrorCode::upstream_auth_failed:
      return true;
    default:
      return false;
  }
}

/// Another credential may do better.
bool refuses_credential(const core::Result<Answer>& answer) noexcept {
  return answer ? answer->head.status == 429 : answer.error().code == core::ErrorCode::upstream_auth_failed;
}

bool stopped(const Outbound& outbound) noexcept {
  return outbound.stop != nullptr && outbound.stop->stop_requested();
}

/// Counts what is the provider's doing: failures are no answer, one of 500 and above, or that it does not
/// take our credential.
void count(ProviderTally& tally, const domain::Provider& provider, const core::Result<Answer>& answer,
           core::SystemTime now) {
  if (answer && answer->head.status < 500) return tally.succeeded(provider.name, now);
  if (answer) return tally.failed(provider.name, "status_" + std::to_string(answer->head.status), now);
  if (retryable_error(answer.error()))
    tally.failed(provider.name, std::string(answer.error().info().name), now);
}

/// A body that keeps its credential counted as in flight until it ends.
class LeasedBody final : public http::BodySource {
 public:
  LeasedBody(std::unique_ptr<http::BodySource> body, CredentialPool::Lease lease)
      : body_(std::move(body)), lease_(std::move(lease)) {}

  runtime::Task<core::Result<http::Chunk>> next() override { return body_->next(); }
  [[nodiscard]] std::optional<std::uint64_t> length() const override { return body_->length(); }

 private:
  std::unique_ptr<http::BodySource> body_;
  CredentialPool::Lease lease_;
};

http::ClientTimeouts timeouts_of(const domain::Provider& provider, core::Deadline total) {
  http::ClientTimeouts timeouts;
  timeouts.connect = std::chrono::milliseconds(provider.connect_timeout_ms);
  timeouts.first_byte = std::chrono::milliseconds(provider.first_byte_timeout_ms);
  timeouts.idle = std::chrono::milliseconds(provider.idle_timeout_ms);
  timeouts.total = total;
  return timeouts;
}

runtime::Task<core::Result<json::Splice>> prepare_body(runtime::Shard& shard, const Outbound& outbound,
                                                       const Candidate& candidate) {
  const bool edits = !outbound.raw && (candidate.rewrites_model || outbound.inject_usage);
  if (edits && outbound.body != nullptr && outbound.body->size() > kOffloadBytes) {
    // The request is suspended here, so what the two pointers lead to stays as it is.
    const Outbound* o = &outbound;
    const Candidate* c = &candidate;
    co_return co_await runtime::offload(shard.offload_pool(), [o, c] { return edited_body(*o, *c); });
  }
  co_return edited_body(outbound, candidate);
}

Attempt outcome(const domain::Provider& provider, const core::Result<Answer>& answer, core::Duration took) {
  Attempt attempt;
  attempt.provider = &provider;
  attempt.took = took;
  if (answer) {
    attempt.status = answer->head.status;
    attempt.connect = answer->connect;
  } else {
    attempt.error_code = answer.error().info().name;
  }
  return attempt;
}

}  // namespace

struct Dispatcher::Probe {
  telemetry::Metrics& metrics;
  telemetry::Counter selections;
  telemetry::Counter fallbacks;
  std::map<std::string, telemetry::Counter> fallback_by;

  explicit Probe(telemetry::Metrics& m)
      : metrics(m),
        selections(m.counter("gateway_provider_selections_total", "Upstream attempts begun.")),
        fallbacks(m.counter("gateway_provider_fallbacks_total",
                            "Requests sent to a fallback provider before the first byte.")) {}

  void fell_back(const std::string& from, const std::string& to, const std::string& reason) {
    fallbacks.add();
    auto& counter = fallback_by[from + '\n' + to + '\n' + reason];
    counter =
        metrics.counter("gateway_provider_fallbacks_by_provider_total", "Fallbacks by provider and reason.",
                        {{"from_provider", from}, {"to_provider", to}, {"reason", reason}});
    counter.add();
  }
};

Dispatcher::Dispatcher(runtime::Shard& shard, http::Client& client, telemetry::Metrics& metrics,
                       std::int64_t shards)
    : shard_(shard),
      client_(client),
      probe_(std::make_unique<Probe>(metrics)),
      credentials_(shards),
      plain_streams_(std::make_unique<PlainStreams>()) {}

Dispatcher::~Dispatcher() = default;

std::string join_target(std::string_view base_path, std::string_view path, std::string_view query) {
  // `https://host/v1` and `https://host` are both common ways to write a base URL.
  if (base_path.ends_with("/v1") && (path == "/v1" || path.starts_with("/v1/"))) path.remove_prefix(3);
  std::string target;
  target.reserve(base_path.size() + path.size() + query.size() + 2);
  target.append(base_path).append(path);
  if (target.empty()) target = "/";
  if (!query.empty()) target.append("?").append(query);
  return target;
}

runtime::Task<core::Result<Answer>> Dispatcher::send(const catalog::Snapshot& snapshot,
                                                     const std::vector<Candidate>& candidates,
                                                     const Outbound& outbound, const CandidateCheck& check,
                                                     Attempts& attempts) {
  std::optional<core::Error> refused;  // by policy, kept in case nothing else answers
  const auto allowed_from = [&](std::size_t at) {
    for (; check && at < candidates.size(); ++at) {
      auto error = check(candidates[at]);
      if (!error) break;
      if (!refused) refused = std::move(*error);
    }
    return at;
  };
  std::size_t next = 0;
  for (std::size_t i = allowed_from(0); i < candidates.size(); i = next) {
    const Candidate& candidate = candidates[i];
    auto answer = co_await ask(snapshot, candidate, outbound, attempts);
    const bool failed = answer ? retryable_status(answer->head.status) : retryable_error(answer.error());
    if (!failed || attempts.made >= kMostAttempts || stopped(outbound)) co_return answer;
    // Who may come next is asked before the answer is given up: if nobody may, it is the client's.
    next = allowed_from(i + 1);
    if (next == candidates.size()) co_return answer;
    // Dropping the answer's body here closes its connection; nothing of it has reached the client.
    ++attempts.fallbacks;
    const std::string reason =
        answer ? "status_" + std::to_string(answer->head.status) : std::string(answer.error().info().name);
    probe_->fell_back(candidate.provider->name, candidates[next].provider->name, reason);
  }
  if (refused) co_return std::unexpected(std::move(*refused));
  co_return core::fail(core::ErrorCode::no_upstream);
}

/// One candidate, with as many of its credentials as it takes, and without `stream_options` where it does not
/// take those that ask for usage.
runtime::Task<core::Result<Answer>> Dispatcher::ask(const catalog::Snapshot& snapshot,
                                                    const Candidate& candidate, const Outbound& outbound,
                                                    Attempts& attempts) {
  attempts.last = &candidate;
  CredentialTurns turns(credentials_, snapshot, *candidate.provider, outbound.key_id, outbound.project_id);
  Outbound asked = outbound;
  asked.inject_usage = outbound.inject_usage && !plain_streams_->holds(candidate, shard_.clock().now());
  bool same_credential = false;
  bool without_options = false;
  while (true) {
    ++attempts.made;
    probe_->selections.add();
    const auto began = shard_.clock().now();
    attempts.sent = false;
    const ChosenCredential& credential = same_credential ? turns.again(began) : turns.begin(began);
    auto answer = co_await attempt(candidate, asked, credential, attempts.sent);
    const auto now = shard_.clock().now();
    attempts.upstream_wait += now - began;
    attempts.trace(outcome(*candidate.provider, answer, now - began));
    count(tally_, *candidate.provider, answer, shard_.clock().wall());
    const bool may_go_on = attempts.made < kMostAttempts && !stopped(outbound);
    if (refuses_credential(answer)) {
      const auto wait = answer
                            ? parse_retry_after(answer->head.fields.get("retry-after"), shard_.clock().wall())
                            : std::nullopt;
      same_credential = false;
      if (turns.refused(wait, now) && may_go_on) continue;
    } else if (asked.inject_usage && answer && may_go_on) {
      const auto refused = co_await refuses_stream_options(*answer);
      if (!refused) {
        answer = std::unexpected(refused.error());
      } else if (*refused) {
        asked.inject_usage = false;
        same_credential = without_options = true;
        continue;
      }
    }
    if (without_options && answer && answer->head.status < 400) plain_streams_->remember(candidate, now);
    if (auto lease = turns.take_lease(); !lease.empty() && answer && answer->body != nullptr) {
      answer->body = std::make_unique<LeasedBody>(std::move(answer->body), std::move(lease));
    }
    co_return answer;
  }
}

runtime::Task<core::Result<Answer>> Dispatcher::attempt(const Candidate& candidate, const Outbound& outbound,
                                                        const ChosenCredential& credential, bool& sent) {
  if (candidate.provider->kind == domain::ProviderKind::echo) {
    sent = true;
    return call_echo(shard_, candidate, outbound);
  }
  return attempt_http(candidate, outbound, credential, sent);
}

runtime::Task<core::Result<Answer>> Dispatcher::attempt_http(const Candidate& candidate,
                                                             const Outbound& outbound,
                                                             const ChosenCredential& credential, bool& sent) {
  const domain::Provider& provider = *candidate.provider;
  auto base = net::BaseUrl::parse(provider.base_url);
  if (!base) co_return core::fail(core::ErrorCode::invalid_configuration, {}, base.error().describe());
  auto body = co_await prepare_body(shard_, outbound, candidate);
  if (!body) co_return std::unexpected(body.error());

  const http::Fields fields = forwarded_fields(outbound, provider, credential);
  const std::string target = join_target(base->path, outbound.path, outbound.query);
  const auto pieces = body->pieces();

  http::ClientRequest request;
  request.method = outbound.method;
  request.target = target;
  request.fields = &fields;
  request.body = pieces;
  request.has_body = outbound.body != nullptr;
  request.sent = &sent;
  auto response = co_await client_.send(std::move(base->origin), request,
                                        timeouts_of(provider, outbound.total), outbound.stop);
  if (!response) co_return std::unexpected(response.error());

  Answer answer;
  answer.head = std::move(response->head);
  answer.body = std::move(response->body);
  answer.provider = &provider;
  answer.model = candidate.model;
  answer.credential_source = credential.source;
  answer.connect = response->connect;
  if (auto error = co_await refused_credential(answer)) co_return std::unexpected(std::move(*error));
  co_return answer;
}

}  // namespace relayna::upstream
