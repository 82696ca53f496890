#include <mutex>
#include <utility>

#include "relayna/core/ids.hpp"
#include "relayna/counters/implementations.hpp"

#include "counters/memory/count_table.hpp"

namespace relayna::counters {

namespace {

/// The table behind a lock. No operation suspends, so each is one step whichever shard asks.
class MemoryCounters final : public Counters {
  template <class Operation>
  auto locked(Operation operation) {
    const std::lock_guard lock(mutex_);
    return operation(clock_.wall());
  }

 public:
  explicit MemoryCounters(const core::Clock& clock)
      : clock_(clock), table_(core::IdGenerator(clock).uuid7().str()) {}

  runtime::Task<core::Result<Admission>> admit(const AdmitRequest& request) override {
    co_return locked([&](auto now) { return table_.admit(request, now); });
  }
  runtime::Task<core::Result<Extension>> extend(std::string request_id, Amounts more) override {
    co_return locked([&](auto now) { return table_.extend(request_id, more, now); });
  }
  runtime::Task<core::Result<Settlement>> settle(std::string request_id, Amounts used) override {
    co_return locked([&](auto now) { return table_.settle(request_id, used, now); });
  }
  runtime::Task<core::Result<void>> release(std::string request_id) override {
    locked([&](auto now) { table_.release(request_id, now); });
    co_return core::Result<void>{};
  }
  runtime::Task<core::Result<void>> seed(std::string scope, domain::Balance balance,
                                         std::string epoch) override {
    locked([&](auto now) { table_.seed(scope, balance, epoch, now); });
    co_return core::Result<void>{};
  }
  runtime::Task<core::Result<void>> account(std::vector<Delivered> delivered) override {
    // A lock each: a long list does not hold up the others.
    for (const auto& one : delivered) locked([&](auto now) { table_.account(one, now); });
    co_return core::Result<void>{};
  }
  runtime::Task<core::Result<Uses>> use(std::vector<Scope> scopes) override {
    co_return locked([&](auto now) { return table_.use(scopes, now); });
  }
  runtime::Task<core::Result<void>> reset(Reset reset) override {
    locked([&](auto now) { table_.reset(reset, now); });
    co_return core::Result<void>{};
  }
  runtime::Task<core::Result<std::string>> epoch() override { co_return table_.epoch(); }

  runtime::Task<core::Result<void>> renew(core::Duration) override { co_return core::Result<void>{}; }
  runtime::Task<core::Result<std::vector<std::string>>> dead_replicas(core::Duration) override {
    co_return std::vector<std::string>{};
  }
  runtime::Task<core::Result<std::vector<Orphan>>> orphans(std::string) override {
    co_return std::vector<Orphan>{};
  }
  runtime::Task<core::Result<Settlement>> settle_for(std::string, std::string, Amounts) override {
    co_return Settlement{.known = false, .all_seeded = false, .epoch = table_.epoch()};
  }

 private:
  const core::Clock& clock_;
  std::mutex mutex_;
  CountTable table_;
};

}  // namespace

std::shared_ptr<Counters> make_memory_counters(const core::Clock& clock) {
  return std::make_shared<MemoryCounters>(clock);
}

}  // namespace relayna::counters
