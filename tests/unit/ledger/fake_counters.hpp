#pragma once

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "relayna/counters/implementations.hpp"
#include "relayna/runtime/waiter.hpp"

namespace relayna::ledger::test {

/// Counters in memory that can be away, lose an answer, be emptied, and know replicas that are gone. Notes
/// what it was asked. One shard.
class FakeCounters final : public counters::Counters {
 public:
  FakeCounters(runtime::Shard& shard, const core::Clock& clock)
      : gate(shard), clock_(clock), table_(counters::make_memory_counters(clock)) {}

  bool away = false;
  int refuse_accounts = 0;       ///< is away when it is told of deliveries
  int lose_settlements = 0;      ///< settles, and then says it is away
  bool forgets_seeds = false;    ///< is emptied whenever somebody seeds
  bool holds_announced = false;  ///< an announcement waits for `gate`
  runtime::Waiter gate;
  std::vector<std::pair<std::string, std::vector<counters::Orphan>>> dead;

  std::vector<counters::AdmitRequest> admitted;
  std::vector<std::pair<std::string, std::string>> seeded;  ///< scope, epoch
  std::vector<std::pair<std::string, counters::Settlement>> settled;
  std::vector<std::string> settled_for;  ///< `replica/request`
  std::vector<counters::Delivered> accounted;
  int renewed = 0;
  core::Duration lease{};

  void empty() { table_ = counters::make_memory_counters(clock_); }

  runtime::Task<core::Result<counters::Admission>> admit(const counters::AdmitRequest& request) override {
    if (away) co_return gone();
    admitted.push_back(request);
    if (request.announce && holds_announced) co_await gate.wait();
    co_return co_await table_->admit(request);
  }
  runtime::Task<core::Result<counters::Extension>> extend(std::string id, counters::Amounts more) override {
    if (away) co_return gone();
    co_return co_await table_->extend(std::move(id), more);
  }
  runtime::Task<core::Result<counters::Settlement>> settle(std::string id, counters::Amounts used) override {
    if (away) co_return gone();
    auto done = co_await table_->settle(id, used);
    if (lose_settlements > 0) {
      --lose_settlements;
      co_return gone();
    }
    settled.emplace_back(std::move(id), *done);
    co_return done;
  }
  runtime::Task<core::Result<void>> release(std::string id) override {
    if (away) co_return gone();
    co_return co_await table_->release(std::move(id));
  }
  runtime::Task<core::Result<void>> seed(std::string scope, domain::Balance balance,
                                         std::string epoch) override {
    if (away) co_return gone();
    seeded.emplace_back(scope, epoch);
    if (forgets_seeds) empty();
    co_return co_await table_->seed(std::move(scope), std::move(balance), std::move(epoch));
  }
  runtime::Task<core::Result<void>> account(std::vector<counters::Delivered> delivered) override {
    if (away || refuse_accounts > 0) {
      refuse_accounts = std::max(0, refuse_accounts - 1);
      co_return gone();
    }
    accounted.insert(accounted.end(), delivered.begin(), delivered.end());
    co_return co_await table_->account(std::move(delivered));
  }
  runtime::Task<core::Result<counters::Uses>> use(std::vector<counters::Scope> scopes) override {
    if (away) co_return gone();
    co_return co_await table_->use(std::move(scopes));
  }
  runtime::Task<core::Result<void>> reset(counters::Reset reset) override {
    if (away) co_return gone();
    co_return co_await table_->reset(std::move(reset));
  }
  runtime::Task<core::Result<std::string>> epoch() override {
    if (away) co_return gone();
    co_return co_await table_->epoch();
  }
  runtime::Task<core::Result<void>> renew(core::Duration d) override {
    if (away) co_return gone();
    ++renewed;
    lease = d;
    co_return core::Result<void>();
  }
  runtime::Task<core::Result<std::vector<std::string>>> dead_replicas(core::Duration) override {
    if (away) co_return gone();
    std::vector<std::string> names;
    for (const auto& [name, orphans] : dead) names.push_back(name);
    co_return names;
  }
  runtime::Task<core::Result<std::vector<counters::Orphan>>> orphans(std::string replica) override {
    if (away) co_return gone();
    for (const auto& [name, orphans] : dead) {
      if (name == replica) co_return orphans;
    }
    co_return std::vector<counters::Orphan>{};
  }
  runtime::Task<core::Result<counters::Settlement>> settle_for(std::string replica, std::string id,
                                                               counters::Amounts used) override {
    if (away) co_return gone();
    settled_for.push_back(replica + "/" + id);
    std::erase_if(dead, [&](const auto& one) { return one.first == replica; });
    co_return co_await table_->settle(std::move(id), used);
  }

 private:
  static std::unexpected<core::Error> gone() {
    return core::fail(core::ErrorCode::control_state_unavailable, {}, "away");
  }
  const core::Clock& clock_;
  std::shared_ptr<counters::Counters> table_;
};

}  // namespace relayna::ledger::test
