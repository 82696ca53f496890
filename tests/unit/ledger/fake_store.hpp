#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "relayna/store/store.hpp"

namespace relayna::ledger::test {

/// A store of usage events only, which can be away, or refuse rows. All its events are of one scope and of
/// today: a balance is what `before` says and they add to it. Any thread.
class FakeStore final : public store::Store, private store::UsageRepository {
 public:
  std::atomic<bool> away = false;
  std::atomic<int> calls = 0;
  std::atomic<std::size_t> largest_batch = 0;
  /// Fails the call after it took the events: the answer was lost.
  std::atomic<int> lose_answers = 0;
  std::function<bool(const domain::UsageEvent&)> refuses;  // set before use
  domain::Balance before;                                  // set before use
  std::atomic<int> balances = 0;                           ///< how many were read

  std::map<std::string, domain::UsageEvent> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  std::size_t size() const { return events().size(); }

  store::UsageRepository& usage() override { return *this; }
  store::AnalyticsRepository& analytics() override { throw std::logic_error("not here"); }
  store::KeyRepository& keys() override { throw std::logic_error("not here"); }
  store::CatalogRepository& catalog() override { throw std::logic_error("not here"); }
  store::Administration& administration() override { throw std::logic_error("not here"); }
  store::SecretsRepository& secrets() override { throw std::logic_error("not here"); }
  store::ReplicaRepository& replicas() override { throw std::logic_error("not here"); }
  store::Migrations& migrations() override { throw std::logic_error("not here"); }
  core::Result<void> ping() override { return {}; }
  std::unique_ptr<store::ChangeFeed> watch(std::function<void(const store::Change&)>) override { return {}; }
  std::string describe() const override { return "fake"; }

 private:
  core::Result<std::vector<std::uint64_t>> insert(std::span<const domain::UsageEvent> batch) override {
    ++calls;
    if (away) return core::fail(core::ErrorCode::store_unavailable);
    const std::lock_guard lock(mutex_);
    largest_batch = std::max<std::size_t>(largest_batch, batch.size());
    for (const auto& event : batch) {
      if (refuses && refuses(event)) return core::fail(core::ErrorCode::invalid_request, "no");
    }
    const std::uint64_t stamp = ++stamp_;
    std::vector<std::uint64_t> stamps;
    for (const auto& event : batch) {
      if (events_.emplace(event.request_id, event).second) stamps_[event.request_id] = stamp;
      stamps.push_back(stamps_[event.request_id]);
    }
    if (lose_answers > 0) {
      --lose_answers;
      return core::fail(core::ErrorCode::store_unavailable, {}, "the outcome is unknown");
    }
    return stamps;
  }
  core::Result<domain::Balance> balance(const store::BalanceQuery& query) override {
    ++balances;
    if (away) return core::fail(core::ErrorCode::store_unavailable);
    const std::lock_guard lock(mutex_);
    domain::Balance out = before;
    out.periods = domain::Periods::of(query.at);
    const auto next = std::to_string(stamp_ + 1);
    out.snapshot = next + ":" + next + ":";
    for (const auto& [id, event] : events_) {
      if (event.charged) ++out.requests_today;
      out.tokens_today += event.total_tokens.value_or(0);
      for (auto* cost : {&out.cost_today, &out.cost_this_week, &out.cost_this_month, &out.cost_total})
        *cost += event.cost_nanos.value_or(0);
    }
    return out;
  }
  core::Result<std::vector<domain::UsageEvent>> recent(std::size_t) override {
    return std::vector<domain::UsageEvent>{};
  }
  core::Result<std::int64_t> count() override { return 0; }

  mutable std::mutex mutex_;
  std::map<std::string, domain::UsageEvent> events_;
  std::map<std::string, std::uint64_t> stamps_;
  std::uint64_t stamp_ = 100;
};

}  // namespace relayna::ledger::test
