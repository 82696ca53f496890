#include "relayna/ledger/usage_sink.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "relayna/telemetry/log.hpp"

#include "ledger/delivery/insert_batch.hpp"
#include "ledger/delivery/probe.hpp"
#include "ledger/delivery/rejected_file.hpp"
#include "ledger/delivery/waiting.hpp"
#include "ledger/spool/segment_name.hpp"
#include "ledger/spool/spool.hpp"

namespace relayna::ledger {

namespace {

constexpr std::chrono::milliseconds kRetryFirst{200};
constexpr std::chrono::milliseconds kRetryMax{5'000};
constexpr int kLastTries = 3;  // at shutdown, while the store is away

double seconds(core::SystemTime from, core::SystemTime to) {
  return std::max(0.0, std::chrono::duration<double>(to - from).count());
}

}  // namespace

UsageSink::UsageSink(runtime::Shard& shard, store::Store& store, telemetry::Metrics& metrics,
                     Settings settings, SpoolFolder* folder)
    : shard_(shard),
      store_(store),
      settings_(settings),
      probe_(std::make_unique<Probe>(metrics, shard.index())),
      flush_posted_(std::make_shared<bool>(false)) {
  std::vector<SpoolFolder::Files> previous;
  if (folder != nullptr) {
    auto* pool = &shard.offload_pool();
    spool_ = std::make_unique<Spool>(*folder, shard.index(), shard.clock(), [pool](SegmentFile file) {
      pool->submit([owned = std::make_shared<SegmentFile>(std::move(file))]() mutable { owned.reset(); });
    });
    rejected_path_ =
        fmt::format("{}/{}{}.{}", folder->path(), SegmentName::kRejected, folder->instance(), shard.index());
    if (shard.index() == 0) previous = folder->take_previous();
  }
  waiting_ = std::make_unique<Waiting>(shard, spool_.get(), std::move(previous),
                                       Waiting::Limits{.in_memory = settings_.in_memory,
                                                       .only_in_memory = settings_.max_waiting,
                                                       .batch = settings_.batch_size});
}

UsageSink::~UsageSink() = default;

std::size_t UsageSink::waiting() const noexcept {
  return waiting_->size() + sending_;
}

UsageSink::Standing UsageSink::standing() const noexcept {
  return {
      .waiting = waiting(), .spool_bytes = spool_ ? spool_->stats().bytes : 0, .oldest = waiting_->oldest()};
}

bool UsageSink::caught_up() const noexcept {
  return waiting_->caught_up();
}

runtime::Task<core::Result<void>> UsageSink::intend(const Intent& intent) {
  if (!spool_) co_return core::Result<void>{};
  const auto place = spool_->intent_to_flush(intent);
  if (place) {
    flush_soon();
    co_await boost::asio::post(shard_.executor(), runtime::use_task);  // behind the flush
    if (spool_->written(*place)) co_return core::Result<void>{};
  }
  probe_->spool_failures.add();
  if (!place) co_return std::unexpected(place.error());
  co_return core::fail(core::ErrorCode::internal_error, {}, "the spool could not be written");
}

core::Result<void> UsageSink::intend_at_once(const Intent& intent) {
  if (!spool_) return {};
  auto written = spool_->intent(intent);
  if (!written) probe_->spool_failures.add();
  return written;
}

void UsageSink::record(domain::UsageEvent event) {
  record(SettledEvent{.event = std::move(event)});
}

void UsageSink::record(SettledEvent ended) {
  auto settled = std::make_unique<SettledEvent>(std::move(ended));
  std::optional<Spool::Place> place;
  if (spool_) {
    place = spool_->settled(*settled);
    if (place)
      flush_soon();
    else
      probe_->spool_failures.add();
  }
  if (const std::size_t dropped = waiting_->add(std::move(settled), place); dropped > 0)
    probe_->dropped.add(static_cast<double>(dropped));
}

/// One write for all events of this turn of the loop; an intent takes them along.
void UsageSink::flush_soon() {
  if (std::exchange(*flush_posted_, true)) return;
  shard_.post([this, posted = std::weak_ptr(flush_posted_)] {
    const auto alive = posted.lock();
    if (!alive) return;
    *alive = false;
    spool_->flush();
  });
}

/// Sends one batch. False when the store did not take it; what is left is back in its place then.
runtime::Task<bool> UsageSink::deliver() {
  const core::TimePoint handed_over = failing_ ? core::TimePoint::min() : shard_.clock().now();
  std::vector<Queued> batch = waiting_->take(settings_.batch_size);
  sending_ = batch.size();
  Attempt attempt = co_await insert_batch(&shard_, &store_, std::move(batch));
  failing_ = attempt.failure.has_value();
  waiting_->put_back(std::move(attempt.left));
  sending_ = attempt.stored.size() + attempt.rejected.size();  // until the spool knows of them
  if (!attempt.stored.empty()) {
    probe_->written.add(static_cast<double>(attempt.stored.size()));
    const core::SystemTime now = shard_.clock().wall();
    std::vector<Queued> done;
    std::vector<StoredEvent> told;
    done.reserve(attempt.stored.size());
    told.reserve(attempt.stored.size());
    for (auto& [event, stamp] : attempt.stored) {
      probe_->lag.observe(seconds(ended_at(event.settled->event), now));
      std::string id = event.settled->event.request_id;
      if (observer_ != nullptr)
        told.push_back({.settled = std::move(*event.settled), .stamp = stamp, .handed_over = handed_over});
      event.settled->event.request_id = std::move(id);
      done.push_back(std::move(event));
    }
    if (observer_ != nullptr) co_await tell(std::move(told));
    forget(done);
  }
  if (!attempt.rejected.empty()) co_await put_aside(std::move(attempt.rejected));
  sending_ = 0;
  if (!attempt.failure) co_return true;
  probe_->failures.add();
  telemetry::log("ledger")->warn("{} usage events wait for the store, which will be asked again: {}",
                                 waiting_->size(), attempt.failure->describe());
  co_return false;
}

runtime::Task<void> UsageSink::tell(std::vector<StoredEvent> events) {
  try {
    co_await observer_->delivered(std::move(events));
  } catch (const std::exception& e) {
    telemetry::log("ledger")->error("stored usage events could not be told of: {}", e.what());
  }
}

runtime::Task<void> UsageSink::put_aside(std::vector<Queued> refused) {
  std::vector<Queued> done;
  for (Queued& event : refused) {
    probe_->rejected.add();
    const std::string id = event.settled->event.request_id;
    if (rejected_path_.empty()) {
      telemetry::log("ledger")->error("the store refused the usage event of request {}; it is lost", id);
      continue;
    }
    const auto settled = std::make_shared<SettledEvent>(std::move(*event.settled));
    const auto kept = co_await runtime::offload(shard_.offload_pool(), [path = rejected_path_, settled] {
      return ledger::put_aside(path, *settled);
    });
    if (kept) {
      telemetry::log("ledger")->error("the store refused the usage event of request {}; it is kept in {}", id,
                                      rejected_path_);
      event.settled->event.request_id = id;
      done.push_back(std::move(event));
    } else {  // not forgotten: the next start tries it again
      telemetry::log("ledger")->error("the store refused the usage event of request {}, and {}", id,
                                      kept.error().detail);
    }
  }
  forget(done);
}

/// Neither this process nor the next needs to deliver these.
void UsageSink::forget(const std::vector<Queued>& done) {
  std::vector<Spool::Mark> marks;
  for (const Queued& event : done) {
    waiting_->finished(event);
    if (event.inherited) continue;
    if (const auto id = core::Uuid::parse(event.settled->event.request_id))
      marks.push_back({.id = *id, .segment = event.segment});
  }
  if (spool_ && !marks.empty()) spool_->delivered(marks);
}

runtime::Task<void> UsageSink::run(runtime::StopSource* stop) {
  auto retry = kRetryFirst;
  auto last_flush = shard_.clock().now();
  int tries_left = kLastTries;
  std::optional<core::TimePoint> drain_until;
  while (true) {
    const core::TimePoint now = shard_.clock().now();
    const bool stopping = stop->stop_requested();
    if (stopping && !drain_until) drain_until = now + settings_.drain;
    if (stopping && (waiting_->empty() || tries_left == 0 || now >= *drain_until)) break;
    if (spool_) spool_->flush();
    const bool read = co_await waiting_->refill();
    const std::size_t ready = waiting_->in_memory();
    // Somebody may wait for what earlier processes left before he serves.
    const bool due = now - last_flush >= settings_.flush_interval || ready >= settings_.batch_size ||
                     !waiting_->caught_up() || hurry_;
    if (ready > 0 && (due || stopping)) {
      if (co_await deliver()) {
        retry = kRetryFirst;
        // What a burst left behind follows at once; only the remainder waits for the interval.
        if (waiting_->in_memory() < settings_.batch_size) {
          last_flush = shard_.clock().now();
          hurry_ = false;
        }
      } else {
        if (stopping) --tries_left;
        // Half of it at least, so that replicas do not come back all at once.
        const auto jitter = static_cast<std::int64_t>(shard_.ids().random64() %
                                                      static_cast<std::uint64_t>(retry.count() / 2 + 1));
        const auto pause = retry - std::chrono::milliseconds(jitter);
        if (stopping)
          co_await shard_.sleep(pause);
        else
          co_await shard_.sleep(pause, stop);
        retry = std::min(retry * 2, kRetryMax);
      }
    } else if (!read) {
      if (ready == 0) {
        last_flush = now;
        hurry_ = false;
      }
      co_await shard_.sleep(runtime::Shard::kSweepInterval);
    }
    publish_gauges();
  }
  if (spool_) {
    spool_->flush();
    spool_->close();
  }
  say_what_is_left();
  publish_gauges();
}

void UsageSink::say_what_is_left() {
  if (waiting_->empty()) return;
  const std::size_t lost = waiting_->only_in_memory();
  if (lost > 0) {
    telemetry::log("ledger")->error("{} usage events could not be stored before the process ended", lost);
    probe_->dropped.add(static_cast<double>(lost));
  }
  if (waiting_->size() > lost)
    telemetry::log("ledger")->warn("{} usage events wait in the spool for the next start",
                                   waiting_->size() - lost);
}

void UsageSink::publish_gauges() {
  probe_->waiting.set(static_cast<double>(waiting()));
  const auto oldest = waiting_->oldest();
  probe_->oldest_age.set(oldest ? seconds(*oldest, shard_.clock().wall()) : 0);
  probe_->recovered.add(static_cast<double>(waiting_->recovered() -
                                            std::exchange(probe_->recovered_seen, waiting_->recovered())));
  probe_->interrupted.add(static_cast<double>(
      waiting_->interrupted() - std::exchange(probe_->interrupted_seen, waiting_->interrupted())));
  if (!spool_) return;
  const Spool::Stats stats = spool_->stats();
  probe_->spool_records.set(static_cast<double>(stats.undelivered));
  probe_->spool_bytes.set(static_cast<double>(stats.bytes));
  probe_->open_intents.set(static_cast<double>(stats.open_intents));
}

}  // namespace relayna::ledger
