#include "control/live/health.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "control/api/schemas.hpp"
#include "control/live/live.hpp"

namespace relayna::control {

using json::Document;

namespace {

constexpr std::chrono::seconds kSilent{5};        ///< a shard reports each second
constexpr std::chrono::seconds kLateLoop{1};      ///< a loop that is this late keeps requests waiting
constexpr std::chrono::seconds kReplicaGone{30};  ///< three heartbeats
constexpr std::size_t kManyWaiting = 10'000;      ///< usage events
constexpr std::int64_t kFailing = 10;             ///< attempts in a row
constexpr std::chrono::minutes kMissed{10};       ///< after that nobody waits for a replica any more
constexpr std::chrono::seconds kStaleReplicas{30};

Document moment(const std::optional<core::SystemTime>& at) {
  return at && *at != core::SystemTime() ? Document(core::to_rfc3339(*at)) : Document();
}
double milliseconds(core::Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

/// What is told, and what of it is worse than it should be.
class HealthDocument {
 public:
  HealthDocument(const Admin::Parts& parts, core::SystemTime now)
      : parts_(parts), now_(now), reports_(parts.shards.all()) {}

  Document write() {
    Document body;
    body["replica"] = show(ThisReplica{parts_.about.replica, parts_.about.host, parts_.about.version});
    body["as_of"] = core::to_rfc3339(now_);
    body["uptime_seconds"] =
        std::chrono::duration_cast<std::chrono::seconds>(parts_.shard.clock().now() - parts_.about.started)
            .count();
    body["stores"] = stores();
    body["upstreams"] = upstreams();
    body["credentials"] = credentials();
    body["breakers"] = Document::array();
    body["shards"] = shards();
    body["spool"] = spool();
    body["replicas"] = replicas();
    if (parts_.health.draining) degraded_.push_back("draining");
    body["status"] = degraded_.empty() ? "ok" : "degraded";
    body["degraded"] = degraded_;
    return body;
  }

 private:
  Document stores() {
    Document all = Document::array();
    bool counters = false;
    auto checks = parts_.health.checks();
    std::ranges::sort(checks, {}, &pipeline::Health::Check::name);
    for (const auto& check : checks) {
      const bool database = check.name == "database";
      counters = counters || !database;
      const std::string kind(database ? parts_.store.describe() : "redis");
      Document shown{{"name", database ? "database" : "counters"},
                     {"kind", kind.substr(0, kind.find(' '))},
                     {"reachable", check.ok()},
                     {"latency_ms", check.ok() ? Document(milliseconds(check.took)) : Document()},
                     {"problem", check.ok() ? Document() : Document(check.status)},
                     {"checked_at", moment(check.at)}};
      shown["schema_version"] = database ? Document(parts_.health.schema_version.load()) : Document();
      if (!check.ok()) degraded_.push_back(check.name);
      all.push_back(std::move(shown));
    }
    if (!counters) {  // in this process: there is nothing to reach
      all.push_back({{"name", "counters"},
                     {"kind", "memory"},
                     {"reachable", true},
                     {"latency_ms", 0.0},
                     {"problem", nullptr},
                     {"checked_at", nullptr},
                     {"schema_version", nullptr}});
    }
    return all;
  }

  Document upstreams() {
    std::vector<std::vector<upstream::ProviderStanding>> seen;
    for (const auto& report : reports_) {
      if (report) seen.push_back(report->providers);
    }
    const auto standings = upstream::merged(seen);
    Document all = Document::array();
    for (const auto& upstream : parts_.health.upstreams()) {
      const auto known = std::ranges::find(standings, upstream.name, &upstream::ProviderStanding::name);
      const auto standing = known == standings.end() ? upstream::ProviderStanding() : *known;
      const auto rate = static_cast<double>(standing.failures) / static_cast<double>(standing.attempts);
      all.push_back(
          {{"name", upstream.name},
           {"kind", upstream.kind},
           {"attempts", standing.attempts},
           {"failures", standing.failures},
           {"failure_rate", standing.attempts == 0 ? Document() : Document(rate)},
           {"failures_in_a_row", standing.failures_in_a_row},
           {"last_success_at", moment(standing.last_success)},
           {"last_failure_at", moment(standing.last_failure)},
           {"last_error", standing.last_error.empty() ? Document() : Document(standing.last_error)}});
      if (standing.failures_in_a_row >= kFailing) degraded_.push_back("upstream " + upstream.name);
    }
    return all;
  }

  Document credentials() {
    std::map<std::string, upstream::CredentialStanding> sums;
    for (const auto& report : reports_) {
      if (!report) continue;
      for (const auto& standing : report->credentials) {
        auto& sum = sums[standing.id];
        sum.in_flight += standing.in_flight;
        sum.last_minute += standing.last_minute;
        sum.cools_for = std::max(sum.cools_for, standing.cools_for);
      }
    }
    Document all = Document::array();
    for (const auto& [id, sum] : sums) {
      all.push_back({{"id", id},
                     {"in_flight", sum.in_flight},
                     {"requests_last_minute", sum.last_minute},
                     {"cools_for_seconds", milliseconds(sum.cools_for) / 1'000}});
      if (sum.cools_for > core::Duration::zero()) degraded_.push_back("credential " + id);
    }
    return all;
  }

  Document shards() {
    Document all = Document::array();
    for (std::size_t i = 0; i < reports_.size(); ++i) {
      const auto& report = reports_[i];
      const bool silent = !report || now_ - report->at > kSilent;
      if (silent || report->worst_lag > kLateLoop) degraded_.push_back(fmt::format("shard {}", i));
      const auto told = report.value_or(pipeline::ShardReport());
      all.push_back({{"shard", i},
                     {"reported_at", moment(told.at)},
                     {"loop_lag_ms", milliseconds(told.worst_lag)},
                     {"connections", told.connections},
                     {"in_flight", told.in_flight},
                     {"pool_idle", told.pool_idle},
                     {"pool_active", told.pool_active},
                     {"cached_keys", told.cached_keys}});
    }
    return all;
  }

  Document spool() {
    std::size_t waiting = 0;
    std::uint64_t bytes = 0;
    std::optional<core::SystemTime> oldest;
    for (const auto& report : reports_) {
      if (!report) continue;
      waiting += report->usage.waiting;
      bytes += report->usage.spool_bytes;
      if (report->usage.oldest)
        oldest = std::min(oldest.value_or(*report->usage.oldest), *report->usage.oldest);
    }
    if (waiting >= kManyWaiting) degraded_.push_back("spool");
    const auto age =
        oldest ? std::max(now_ - *oldest, std::chrono::microseconds(0)) : std::chrono::microseconds(0);
    return {{"waiting", waiting}, {"bytes", bytes}, {"oldest_seconds", milliseconds(age) / 1'000}};
  }

  Document replicas() {
    const auto replicas = parts_.health.replicas();
    Document all = Document::array();
    for (const auto& replica : replicas.seen) {
      const bool alive = replicas.at - replica.seen_at <= kReplicaGone;
      all.push_back({{"id", replica.id},
                     {"host", replica.host},
                     {"version", replica.version},
                     {"started_at", moment(replica.started_at)},
                     {"last_seen_at", moment(replica.seen_at)},
                     {"alive", alive},
                     {"this", replica.id == parts_.about.replica}});
      if (!alive && replicas.at - replica.seen_at <= kMissed) degraded_.push_back("replica " + replica.id);
    }
    if (now_ - replicas.at > kStaleReplicas) degraded_.push_back("replicas");
    return {{"as_of", moment(replicas.at)}, {"data", std::move(all)}};
  }

  const Admin::Parts& parts_;
  core::SystemTime now_;
  std::vector<std::optional<pipeline::ShardReport>> reports_;
  std::vector<std::string> degraded_;
};

Document typed(std::string_view type, std::string_view about = {}) {
  Document schema{{"type", std::string(type)}};
  if (!about.empty()) schema["description"] = std::string(about);
  return schema;
}
Document moment_schema() {
  return {{"type", {"string", "null"}}, {"format", "date-time"}};
}

Document store_schema() {
  return object_schema(
      {{"name", {{"type", "string"}, {"enum", {"database", "counters"}}}},
       {"kind", {{"type", "string"}, {"enum", {"postgres", "sqlite", "redis", "memory"}}}},
       {"reachable", typed("boolean")},
       {"latency_ms", nullable(typed("number", "Of the last check; null: it failed."))},
       {"problem", nullable(typed("string"))},
       {"checked_at", moment_schema()},
       {"schema_version", nullable(typed("integer", "The newest migration when this replica started."))}});
}

Document upstream_schema() {
  return object_schema(
      {{"name", typed("string")},
       {"kind", typed("string")},
       {"attempts", typed("integer", "In the last five minutes.")},
       {"failures", typed("integer", "Of these: no answer, one of 500 and above, or a refused credential.")},
       {"failure_rate", nullable(typed("number"))},
       {"failures_in_a_row", typed("integer")},
       {"last_success_at", moment_schema()},
       {"last_failure_at", moment_schema()},
       {"last_error", nullable(typed("string"))}});
}

Document credential_schema() {
  return object_schema({{"id", typed("string")},
                        {"in_flight", typed("integer")},
                        {"requests_last_minute", typed("integer")},
                        {"cools_for_seconds", typed("number", "0: it is in use.")}});
}

Document shard_schema() {
  return object_schema({{"shard", typed("integer")},
                        {"reported_at", moment_schema()},
                        {"loop_lag_ms", typed("number", "The worst of the last seconds.")},
                        {"connections", typed("integer")},
                        {"in_flight", typed("integer")},
                        {"pool_idle", typed("integer", "Upstream connections.")},
                        {"pool_active", typed("integer")},
                        {"cached_keys", typed("integer")}});
}

Document replica_row_schema() {
  return object_schema({{"id", typed("string")},
                        {"host", typed("string")},
                        {"version", typed("string")},
                        {"started_at", moment_schema()},
                        {"last_seen_at", moment_schema()},
                        {"alive", typed("boolean", "Seen within three heartbeats.")},
                        {"this", typed("boolean", "The one that answers.")}});
}

Document health_schema() {
  return object_schema(
      {{"status", {{"type", "string"}, {"enum", {"ok", "degraded"}}}},
       {"degraded",
        array_of(typed("string",
                       "`database`, `redis`, `upstream <name>`, `credential <id>`, `shard <n>`, `spool`, "
                       "`replica <id>`, `replicas` (their list is old), `draining`"))},
       {"as_of", {{"type", "string"}, {"format", "date-time"}}},
       {"uptime_seconds", typed("integer")},
       {"replica", replica_schema()},
       {"stores", array_of(store_schema())},
       {"upstreams", array_of(upstream_schema())},
       {"credentials", array_of(credential_schema())},
       {"breakers", array_of(typed("object", "None yet."))},
       {"shards", array_of(shard_schema())},
       {"spool", object_schema({{"waiting", typed("integer", "Usage events that are not in the store yet.")},
                                {"bytes", typed("integer")},
                                {"oldest_seconds", typed("number")}})},
       {"replicas", object_schema({{"as_of", moment_schema()}, {"data", array_of(replica_row_schema())}})}});
}

runtime::Task<core::Result<http::Response>> tell(const Admin::Parts* parts, std::shared_ptr<Call> call) {
  co_return json_answer(200, HealthDocument(*parts, call->now).write(), call->request_id);
}

}  // namespace

void add_health(Api& api, const Admin::Parts& parts) {
  Operation made;
  made.method = "GET";
  made.path = "/admin/health";
  made.scope = "health:read";
  made.id = "health.get";
  made.tag = "Health";
  made.summary = "How this replica stands, and what it depends on";
  made.about =
      "From what this replica knows already, so it answers within a second whatever is away; what is "
      "degraded is "
      "named. While the database is away it answers who has asked this replica for something in the ten "
      "minutes "
      "before.";
  made.without_store = true;
  made.response = health_schema();
  const auto* use = &parts;
  made.run = Operation::Async(
      [use](std::shared_ptr<Call> call, runtime::StopSource*) { return tell(use, std::move(call)); });
  api.add(std::move(made));
}

}  // namespace relayna::control
