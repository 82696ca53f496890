#include "ledger/delivery/waiting.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "relayna/telemetry/log.hpp"

#include "ledger/spool/reader.hpp"

namespace relayna::ledger {

core::SystemTime ended_at(const domain::UsageEvent& event) noexcept {
  return event.created_at + std::chrono::milliseconds(event.latency_ms);
}

Waiting::Waiting(runtime::Shard& shard, Spool* spool, std::vector<SpoolFolder::Files> previous, Limits limits)
    : shard_(shard), spool_(spool), limits_(limits) {
  for (auto& files : previous)
    inherited_.push_back(std::make_shared<Inheritance>(Inheritance{.log = DeadLog(std::move(files))}));
}

std::size_t Waiting::add(std::unique_ptr<SettledEvent> settled, std::optional<Spool::Place> place) {
  if (place && (behind_ || queue_.size() >= limits_.in_memory)) {
    if (!behind_) behind_ = place;
    ++only_in_spool_;
    return 0;
  }
  const std::size_t dropped = !place && queue_.size() >= limits_.only_in_memory ? drop_oldest() : 0;
  queue_.push_back({.settled = std::move(settled),
                    .segment = place ? std::optional(place->segment) : std::nullopt,
                    .inherited = nullptr});
  return dropped;
}

std::size_t Waiting::drop_oldest() {
  std::size_t left = limits_.batch;
  return std::erase_if(queue_,
                       [&](const Queued& event) { return event.only_here() && left > 0 && left-- > 0; });
}

runtime::Task<bool> Waiting::refill() {
  if (queue_.size() >= limits_.batch) co_return false;
  if (behind_) co_return co_await read_spool();
  if (!inherited_.empty()) co_return co_await read_inherited();
  co_return false;
}

runtime::Task<bool> Waiting::read_spool() {
  spool_->flush();
  const Spool::Place end = spool_->written_to();
  const auto path = spool_->path_of(behind_->segment);
  if (path) {
    const std::uint64_t until =
        behind_->segment == end.segment ? end.offset : std::numeric_limits<std::uint64_t>::max();
    auto chunk = co_await runtime::offload(
        shard_.offload_pool(), [path = *path, from = behind_->offset, until, most = limits_.batch] {
          return read_events(path, from, until, most);
        });
    if (!chunk) {
      telemetry::log("ledger")->error("usage events cannot be read back: {}", chunk.error().detail);
      co_return false;
    }
    only_in_spool_ -= std::min(only_in_spool_, chunk->events.size());
    for (SettledEvent& settled : chunk->events)
      queue_.push_back({.settled = std::make_unique<SettledEvent>(std::move(settled)),
                        .segment = behind_->segment,
                        .inherited = nullptr});
    behind_->offset = chunk->next;
    if (chunk->next < until) co_return true;
  }
  if (behind_->segment < end.segment) {
    behind_ = Spool::Place{.segment = behind_->segment + 1, .offset = 0};
  } else if (spool_->flush() && *behind_ == spool_->written_to()) {
    // Nothing was added meanwhile: memory has caught up.
    behind_.reset();
    only_in_spool_ = 0;
  }
  co_return true;
}

runtime::Task<bool> Waiting::read_inherited() {
  const auto from = inherited_.front();
  auto batch = co_await runtime::offload(shard_.offload_pool(),
                                         [from, most = limits_.batch] { return from->log.next(most); });
  from->outstanding += batch.events.size();
  outstanding_ += batch.events.size();
  recovered_ += batch.events.size() - batch.interrupted;
  interrupted_ += batch.interrupted;
  for (SettledEvent& settled : batch.events)
    queue_.push_back({.settled = std::make_unique<SettledEvent>(std::move(settled)),
                      .segment = std::nullopt,
                      .inherited = from});
  if (batch.last) {
    from->exhausted = true;
    inherited_.pop_front();
    if (from->outstanding == 0) remove(from);
  }
  co_return true;
}

std::vector<Queued> Waiting::take(std::size_t most) {
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(most, queue_.size()));
  std::vector<Queued> taken(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return taken;
}

void Waiting::put_back(std::vector<Queued> events) {
  queue_.insert(queue_.begin(), std::make_move_iterator(events.begin()),
                std::make_move_iterator(events.end()));
}

void Waiting::finished(const Queued& event) {
  if (!event.inherited) return;
  --outstanding_;
  if (--event.inherited->outstanding == 0 && event.inherited->exhausted) remove(event.inherited);
}

/// Elsewhere: freeing a large file takes milliseconds on some disks.
void Waiting::remove(std::shared_ptr<Inheritance> done) {
  shard_.offload_pool().submit([done = std::move(done)] { done->log.remove(); });
}

std::size_t Waiting::only_in_memory() const noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(queue_, &Queued::only_here));
}

std::optional<core::SystemTime> Waiting::oldest() const noexcept {
  if (queue_.empty()) return std::nullopt;
  return ended_at(queue_.front().settled->event);
}

}  // namespace relayna::ledger
