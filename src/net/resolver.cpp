#include "net/resolver.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include <boost/asio/ip/basic_resolver.hpp>
#include <fmt/format.h>

#include "relayna/runtime/waiter.hpp"

namespace relayna::net {
namespace {

using core::ErrorCode;
namespace ip = boost::asio::ip;

std::vector<Address> without_lookup(const std::string& host) {
  boost::system::error_code ec;
  if (auto address = ip::make_address(host, ec); !ec) return {address};
  // RFC 6761: always loopback. IPv4 first, because that is what local servers listen on most.
  if (host == "localhost" || host.ends_with(".localhost")) {
    return {ip::address_v4::loopback(), ip::address_v6::loopback()};
  }
  return {};
}

}  // namespace

struct Resolver::State : std::enable_shared_from_this<State> {
  struct Entry {
    std::vector<Address> addresses;
    core::TimePoint answered{};  // when `addresses` came
    std::string error;           // of the latest lookup; empty when it worked
    core::TimePoint failed{};
    bool asking = false;
    std::vector<runtime::Waiter*> waiters;
  };

  runtime::Shard& shard;
  Lookup lookup;
  std::map<std::string, Entry> names;

  State(runtime::Shard& s, Lookup l) : shard(s), lookup(std::move(l)) {}

  [[nodiscard]] core::TimePoint now() const { return shard.clock().now(); }
  [[nodiscard]] bool fresh(const Entry& e) const {
    return !e.addresses.empty() && now() - e.answered < kFresh;
  }
  [[nodiscard]] bool usable(const Entry& e) const {
    return !e.addresses.empty() && now() - e.answered < kStale;
  }
  [[nodiscard]] bool failed_lately(const Entry& e) const {
    return !e.error.empty() && now() - e.failed < kNegative;
  }

  Entry& entry(const std::string& host) {
    if (names.size() >= kMaxNames && !names.contains(host)) {
      const auto idle = std::find_if(names.begin(), names.end(), [](const auto& item) {
        return !item.second.asking && item.second.waiters.empty();
      });
      if (idle != names.end()) names.erase(idle);
    }
    return names[host];
  }

  void ask(const std::string& host, Entry& e) {
    e.asking = true;
    lookup(host, [weak = weak_from_this(), host](const std::string& error, std::vector<Address> addresses) {
      if (auto self = weak.lock()) self->answer(host, error, std::move(addresses));
    });
  }

  void answer(const std::string& host, const std::string& error, std::vector<Address> addresses) {
    auto& e = names[host];
    e.asking = false;
    if (error.empty() && !addresses.empty()) {
      e.addresses = std::move(addresses);
      e.answered = now();
      e.error.clear();
    } else {
      e.error = error.empty() ? "no addresses" : error;
      e.failed = now();
    }
    for (auto* waiter : e.waiters) waiter->notify();
  }

  // Waits until the running lookup has answered.
  runtime::Task<runtime::Waiter::Outcome> wait(Entry& e, core::Deadline deadline, runtime::StopSource* stop) {
    runtime::Waiter waiter(shard);
    e.waiters.push_back(&waiter);
    const auto outcome = co_await waiter.wait(deadline, stop);
    std::erase(e.waiters, &waiter);
    co_return outcome;
  }
};

Resolver::Resolver(runtime::Shard& shard, Lookup lookup)
    : state_(std::make_shared<State>(shard, lookup ? std::move(lookup) : system_lookup(shard))) {}
Resolver::~Resolver() = default;

runtime::Task<core::Result<std::vector<Address>>> Resolver::resolve(std::string host, core::Deadline deadline,
                                                                    runtime::StopSource* stop) {
  if (auto known = without_lookup(host); !known.empty()) co_return known;
  auto state = state_;
  auto& entry = state->entry(host);  // stays: entries with waiters are not evicted
  if (state->fresh(entry)) co_return entry.addresses;

  const bool fallback = state->usable(entry);
  if (!entry.asking && !state->failed_lately(entry)) state->ask(host, entry);
  if (entry.asking) {
    const auto patience = core::Deadline::in(state->shard.clock(), kPatience);
    const auto outcome = co_await state->wait(entry, fallback ? deadline.sooner(patience) : deadline, stop);
    if (outcome == runtime::Waiter::Outcome::stopped) co_return core::fail(ErrorCode::client_closed);
    if (outcome == runtime::Waiter::Outcome::timed_out && !fallback) {
      co_return core::fail(ErrorCode::upstream_timeout, "could not connect to the upstream in time",
                           fmt::format("{}: DNS did not answer in time", host));
    }
  }
  if (state->usable(entry)) co_return entry.addresses;
  co_return core::fail(ErrorCode::upstream_connection, "could not connect to the upstream",
                       fmt::format("{}: DNS: {}", host, entry.error));
}

Lookup system_lookup(runtime::Shard& shard) {
  using Query = ip::basic_resolver<ip::tcp, runtime::Executor>;
  auto resolver = std::make_shared<Query>(shard.executor());
  return [resolver](const std::string& host, auto done) {
    resolver->async_resolve(
        host, "",
        [done = std::move(done)](const boost::system::error_code& ec, const Query::results_type& results) {
          std::vector<Address> addresses;
          for (const auto& result : results) {
            const auto address = result.endpoint().address();
            if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
              addresses.push_back(address);
            }
          }
          done(ec ? ec.message() : std::string(), std::move(addresses));
        });
  };
}

}  // namespace relayna::net
