// Where state lives, how the process starts and stops, and how it logs.
#include "config/setting.hpp"

namespace relayna::config {
namespace {

using namespace std::chrono_literals;
using S = Settings;

constexpr std::int64_t kMaxBytes = 1'099'511'627'776;  // 1 TiB: far above any machine, far below overflow

const std::array kState{
    Setting{.name = "DATABASE_URL",
            .file_key = "server.database_url",
            .group = Group::state,
            .type = {Kind::database_url},
            .member = &S::database_url,
            .example = "postgres://relayna@db:5432/relayna",
            .help = "Durable state: PostgreSQL, or an SQLite file (`sqlite:///path/file.db`). Required "
                    "unless embedded, "
                    "where it is `<data-dir>/gateway.db`.",
            .secret = true},
    Setting{.name = "REDIS_URL",
            .file_key = "server.redis_url",
            .group = Group::state,
            .type = {Kind::redis_url},
            .member = &S::redis_url,
            .example = "redis://redis:6379/0",
            .help = "Shared counters: `redis://[user:password@]host:port[/db]`, `rediss://…` for TLS, or "
                    "`memory://` for "
                    "counters inside this one process. Required unless embedded, where it is `memory://`.",
            .secret = true},
    Setting{.name = "GATEWAY_EMBEDDED",
            .file_key = "server.embedded",
            .group = Group::state,
            .type = {Kind::boolean},
            .member = &S::embedded,
            .default_text = "false",
            .example = "true",
            .help = "A gateway without services: an SQLite file in the data directory and counters in the "
                    "process. Same "
                    "as `--embedded`."},
    Setting{
        .name = "GATEWAY_DATA_DIR",
        .file_key = "server.data_dir",
        .group = Group::state,
        .type = {Kind::path},
        .member = &S::data_dir,
        .default_text = "./relayna-data",
        .example = "/var/lib/relayna",
        .help = "Embedded mode's directory: database, spool and generated master key. Same as `--data-dir`."},
    Setting{.name = "GATEWAY_STATE_DIR",
            .file_key = "server.state_dir",
            .group = Group::state,
            .type = {Kind::path},
            .member = &S::state_dir,
            .default_text = "/var/lib/relayna-gateway",
            .example = "/var/lib/relayna-gateway",
            .help =
                "This replica's spool of events not yet delivered. In embedded mode the default is the data "
                "directory."},
    Setting{.name = "GATEWAY_CONFIG_FILE",
            .group = Group::state,
            .type = {Kind::path},
            .member = &S::config_file,
            .example = "/etc/relayna-gateway.yaml",
            .help = "The declarative file. Same as `--file`; without either, `./relayna-gateway.yaml` when "
                    "it is there."},
    Setting{.name = "GATEWAY_RUN_MIGRATIONS",
            .file_key = "server.run_migrations",
            .group = Group::state,
            .type = {Kind::boolean},
            .member = &S::run_migrations,
            .default_text = "true",
            .example = "false",
            .help = "Apply pending migrations at start. When false (`--no-migrate`) a start with pending "
                    "migrations is "
                    "refused; `relayna-gateway migrate --apply` applies them."},
    Setting{.name = "GATEWAY_REPLICAS",
            .file_key = "server.replicas",
            .group = Group::state,
            .type = integer(1, 10'000),
            .member = &S::replicas,
            .example = "3",
            .help = "How many replicas share the limits when Redis is away, instead of the number seen by "
                    "heartbeat."},
    Setting{.name = "GATEWAY_LIMITER_FAILURE",
            .file_key = "server.limiter_failure",
            .group = Group::state,
            .type = choice({"closed", "local"}),
            .member = &S::limiter_failure,
            .default_text = "closed",
            .example = "local",
            .help = "While Redis is away, requests that need limits get 503 (`closed`) or are counted in "
                    "this process "
                    "(`local`)."},
    Setting{.name = "GATEWAY_LEASE_SECONDS",
            .file_key = "server.lease",
            .group = Group::state,
            .type = duration(1s, 1h),
            .member = &S::lease,
            .default_text = "15",
            .example = "15",
            .help = "How long a replica that is silent counts as alive to Redis; it renews its lease three "
                    "times as often."},
    Setting{.name = "GATEWAY_LEASE_GRACE_SECONDS",
            .file_key = "server.lease_grace",
            .group = Group::state,
            .type = duration(0s, 24h),
            .member = &S::lease_grace,
            .default_text = "120",
            .example = "120",
            .help = "How long after its lease a replica may still come back before another one records its "
                    "requests as `interrupted` and frees what they had reserved."},

    Setting{.name = "GATEWAY_READINESS",
            .file_key = "server.readiness",
            .group = Group::lifecycle,
            .type = choice({"strict", "serving"}),
            .member = &S::readiness,
            .default_text = "strict",
            .example = "serving",
            .help = "`strict`: /readyz fails when PostgreSQL or Redis does. `serving`: a replica that can "
                    "still serve "
                    "from its cache stays ready."},
    Setting{
        .name = "GATEWAY_DRAIN_DELAY_SECONDS",
        .file_key = "server.drain_delay",
        .group = Group::lifecycle,
        .type = duration(0s, 1h),
        .member = &S::drain_delay,
        .default_text = "3",
        .example = "5",
        .help = "After SIGTERM, how long new connections are still accepted while readiness already fails.",
        .old_names = {"SERVER_DRAIN_DELAY_SECONDS"}},
    Setting{.name = "GATEWAY_GRACEFUL_SECONDS",
            .file_key = "server.graceful",
            .group = Group::lifecycle,
            .type = duration(0s, 24h),
            .member = &S::graceful,
            .default_text = "30",
            .example = "60",
            .help = "After the drain delay, how long requests in flight may take to finish.",
            .old_names = {"SERVER_GRACEFUL_SECONDS"}},
    Setting{.name = "GATEWAY_THREADS",
            .file_key = "server.threads",
            .group = Group::lifecycle,
            .type = {Kind::threads, 1, 256},
            .member = &S::threads,
            .default_text = "1",
            .example = "auto",
            .help = "Event-loop shards: a number, or `auto` for one per core. One serves both listeners."},
    Setting{.name = "GATEWAY_PID_FILE",
            .file_key = "server.pid_file",
            .group = Group::lifecycle,
            .type = {Kind::path},
            .member = &S::pid_file,
            .default_text = ".relayna-gateway.pid",
            .example = "/run/relayna-gateway.pid",
            .help = "Where `start` writes its process id and `stop` reads it. Same as `--pid-file`."},

    Setting{.name = "GATEWAY_RETENTION_USAGE_DAYS",
            .file_key = "server.retention.usage_days",
            .group = Group::retention,
            .type = integer(0, 36'500),
            .member = &S::retention_usage_days,
            .default_text = "0",
            .example = "90",
            .help =
                "After how many days single usage events are deleted; 0 keeps them. What they add up to, in "
                "reports, balances and limits, stays. What an operator saves goes before this."},
    Setting{.name = "GATEWAY_RETENTION_AUDIT_DAYS",
            .file_key = "server.retention.audit_days",
            .group = Group::retention,
            .type = integer(0, 36'500),
            .member = &S::retention_audit_days,
            .default_text = "0",
            .example = "400",
            .help =
                "After how many days entries of the audit log are deleted; 0 keeps them. What an operator "
                "saves goes before this."},

    Setting{.name = "GATEWAY_MAX_REQUEST_BODY_BYTES",
            .file_key = "server.max_request_body_bytes",
            .group = Group::bodies,
            .type = integer(1, kMaxBytes),
            .member = &S::max_request_body_bytes,
            .default_text = "33554432",
            .example = "33554432",
            .help = "The hard cap of a request body, applied before authentication; beyond it 413.",
            .old_names = {"SERVER_MAX_REQUEST_BODY_BYTES"}},
    Setting{.name = "GATEWAY_MAX_BUFFERED_REQUESTS",
            .file_key = "server.max_buffered_requests",
            .group = Group::bodies,
            .type = integer(1, 1'000'000),
            .member = &S::max_buffered_requests,
            .default_text = "256",
            .example = "256",
            .help = "How many request bodies may be held at once; beyond it 503 `gateway_overloaded`."},
    Setting{
        .name = "GATEWAY_MAX_INFLIGHT_BUFFER_BYTES",
        .file_key = "server.max_inflight_buffer_bytes",
        .group = Group::bodies,
        .type = integer(1, kMaxBytes),
        .member = &S::max_inflight_buffer_bytes,
        .default_text = "536870912",
        .example = "536870912",
        .help = "How many bytes of request bodies may be held at once; beyond it 503 `gateway_overloaded`."},
};

}  // namespace

std::span<const Setting> declared_state() {
  return kState;
}

}  // namespace relayna::config
