#include <algorithm>

#include <unistd.h>

#include "relayna/identity/key_rotation.hpp"
#include "relayna/telemetry/log.hpp"

#include "app/application.hpp"
#include "app/housekeeping.hpp"
#include "app/redis_address.hpp"
#include "app/told_settings.hpp"

namespace relayna::app {

namespace {

constexpr std::chrono::seconds kHeartbeat{10};
/// How long a replica that has gone without saying so is still told of.
constexpr std::chrono::hours kRemembered{24};
constexpr std::chrono::milliseconds kCheckInterval{1'000};
constexpr std::chrono::milliseconds kCheckBound{1'000};

constexpr std::chrono::seconds kResetLook{10};
constexpr std::chrono::milliseconds kRotationLook{10'000};  ///< whether somebody asked for a rotation
constexpr std::chrono::milliseconds kRotationPause{50};     ///< between its chunks: others write, too

constexpr std::chrono::milliseconds kHousekeepingLook{10'000};
constexpr std::chrono::milliseconds kHousekeepingPause{50};

/// nullopt: no rotation is running.
core::Result<std::optional<identity::KeyRotation::Progress>> one_step(identity::KeyRotation& rotation) {
  auto running = rotation.running();
  if (!running) return std::unexpected(running.error());
  if (!*running) return std::nullopt;
  return rotation.step();
}

/// Whether rows of this kind are in the snapshot. Keys have a cache of their own, and so have refusals; who
/// signs in to administer the gateway is no matter of the data path.
bool in_catalog(std::string_view kind) {
  return kind != "keys" && kind != "usage_resets" && kind != "operators" && kind != "sessions" &&
         kind != "alert_webhooks";
}

/// One check that is under way on an offload thread. A probe never waits for it: past the bound it counts as
/// failed.
struct PendingCheck {
  bool running = false;
  core::TimePoint began{};
};

}  // namespace

void Application::spread(catalog::SnapshotPtr snapshot) {
  std::vector<pipeline::Health::Upstream> upstreams;
  if (const auto* primary = snapshot->litellm()) upstreams.push_back({primary->name, "litellm"});
  for (const auto& provider : snapshot->providers) {
    if (&provider != snapshot->litellm())
      upstreams.push_back({provider.name, std::string(domain::to_string(provider.kind))});
  }
  if (upstreams.empty())
    telemetry::log("app")->warn("no upstream is configured: set LITELLM_BASE_URL or declare a provider");
  health_.set_upstreams(std::move(upstreams));
  tell_each_shard([snapshot](ShardParts& parts) { parts.publish(snapshot); });
  health_.snapshot_loaded = true;
}

void Application::watch_changes() {
  // Called on the feed's own thread; everything it does is to post.
  feed_ = store_->watch([this](const store::Change& change) {
    if (change.kind.empty() || change.kind == "keys")
      tell_each_shard([id = change.id](ShardParts& parts) { parts.forget_key(id); });
    if (change.kind.empty() || change.kind == "usage_resets")
      tell_each_shard([](ShardParts& parts) { parts.forget_refusals(); });
    if (in_catalog(change.kind)) refresher_->notify();
    admin_->changed(change.kind);
  });
}

runtime::Task<void> Application::heartbeat() {
  store::Replica replica;
  replica.id = replica_;
  replica.version = about_.version;
  replica.host = about_.host;
  replica.started_at = main_.clock().wall();
  auto* store = store_.get();
  do {
    replica.seen_at = main_.clock().wall();
    auto beat = co_await runtime::offload(offload_,
                                          [store, replica] { return store->replicas().heartbeat(replica); });
    if (!beat) telemetry::log("app")->debug("heartbeat not stored: {}", beat.error().describe());
    auto seen = co_await runtime::offload(
        offload_, [store, since = replica.seen_at - kRemembered] { return store->replicas().alive(since); });
    if (seen) {
      const auto alive = std::ranges::count_if(
          *seen,
          [since = replica.seen_at - 3 * kHeartbeat](const auto& other) { return other.seen_at >= since; });
      if (settings_.replicas == 0)
        live_replicas_ = static_cast<std::size_t>(std::max<std::ptrdiff_t>(alive, 1));
      health_.set_replicas({.at = replica.seen_at, .seen = std::move(*seen)});
    }
  } while (co_await main_.sleep(kHeartbeat, &stop_));
  (void)co_await runtime::offload(offload_,
                                  [store, id = replica.id] { return store->replicas().remove(id); });
}

runtime::Task<void> Application::rotate_data_key() {
  auto rotation = std::make_shared<identity::KeyRotation>(store_->administration(), *keyring_, main_.clock());
  auto wait = kRotationLook;
  while (co_await main_.sleep(wait, &stop_)) {
    auto step = co_await runtime::offload(offload_, [rotation] { return one_step(*rotation); });
    if (!step) telemetry::log("app")->warn("data key: {}", step.error().describe());
    const bool busy =
        step && *step && (*step)->running && (*step)->remaining > 0 && (*step)->unreadable.empty();
    wait = busy ? kRotationPause : kRotationLook;
    if (step && *step && !(*step)->running) {
      telemetry::log("app")->info(
          "the data key is rotated: {} stored credentials are under {}, {} under an older one", (*step)->done,
          (*step)->data_key_id, (*step)->remaining);
    }
  }
}

runtime::Task<void> Application::keep_house() {
  auto house = std::make_shared<Housekeeping>(*store_, metrics_, main_.clock(),
                                              configured_retention(settings_), replica_);
  std::chrono::milliseconds wait = kHousekeepingPause;
  while (co_await main_.sleep(wait, &stop_)) {
    auto more = co_await runtime::offload(offload_, [house] { return house->step(); });
    if (!more) telemetry::log("app")->warn("what is old is not purged: {}", more.error().describe());
    wait = more && *more ? kHousekeepingPause : kHousekeepingLook;
  }
}

runtime::Task<void> Application::tell_resets() {
  do {
    auto told = co_await limit_use_->tell_rest();
    if (!told) telemetry::log("app")->debug("resets not read: {}", told.error().describe());
  } while (co_await main_.sleep(kResetLook, &stop_));
}

runtime::Task<void> Application::check_dependencies() {
  auto pending = std::make_shared<PendingCheck>();
  auto* store = store_.get();
  do {
    const auto now = main_.clock().now();
    if (!pending->running) {
      pending->running = true;
      pending->began = now;
      auto* health = &health_;
      auto* main = &main_;
      offload_.submit([store, health, main, pending, began = now] {
        auto answer = store->ping();
        health->set_check(
            {.name = "database",
             .status = answer ? "ok" : "failed: " + std::string(answer.error().public_message()),
             .took = main->clock().now() - began,
             .at = main->clock().wall()});
        main->post([pending] { pending->running = false; });
      });
    } else if (now - pending->began > kCheckBound) {
      health_.set_check({.name = "database",
                         .status = "failed: no answer within 1 s",
                         .took = now - pending->began,
                         .at = main_.clock().wall()});
    }
    // While it is away one looks again soon: whoever waits for readiness should not wait for this interval,
    // too.
  } while (co_await main_.sleep(health_.check_ok("database") ? kCheckInterval : kCheckInterval / 20, &stop_));
}

core::Result<void> Application::connect_redis() {
  auto address = redis_address(settings_);
  if (!address) return std::unexpected(address.error());
  if (!*address) return {};
  redis_connector_ = std::make_unique<net::Connector>(main_, redis_connection(client_tls_));
  redis_ = std::make_unique<counters::RedisLink>(main_, *redis_connector_, std::move(**address),
                                                 counters::RedisLink::Settings{});
  redis_->start();
  health_.set_check({.name = "redis", .status = "failed: not connected yet"});
  tasks_.spawn(check_redis());
  return {};
}

runtime::Task<void> Application::check_redis() {
  do {
    const auto began = main_.clock().now();
    auto answer = co_await redis_->ping();
    health_.set_check({.name = "redis",
                       .status = answer ? "ok" : "failed: " + answer.error().detail,
                       .took = main_.clock().now() - began,
                       .at = main_.clock().wall()});
  } while (co_await main_.sleep(redis_->connected() ? kCheckInterval : kCheckInterval / 5, &stop_));
}

}  // namespace relayna::app
