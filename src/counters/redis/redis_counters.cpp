#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <map>
#include <span>
#include <utility>

#include <boost/asio/post.hpp>

#include "relayna/core/ids.hpp"
#include "relayna/counters/implementations.hpp"

#include "counters/redis/replies.hpp"
#include "counters/redis/scripts.hpp"

namespace relayna::counters {

namespace {

/// Of what `release` could not be confirmed: how soon it is asked again.
constexpr std::chrono::milliseconds kAskAgain{500};
/// An admission that lay in the buffer of a lost connection can be carried out after the release that came
/// over the next one, so that one is repeated once.
constexpr std::chrono::seconds kConfirmAfter{5};
constexpr std::size_t kReleasedAtOnce = 200;
constexpr std::size_t kAccountedAtOnce = 100;
/// Longer scripts would hold up whoever else asks Redis.
constexpr std::size_t kSettledAtOnce = 32;
/// What `begin_arguments` writes, and room for a few small arguments.
constexpr std::size_t kFirstBytes = 512;

std::string milliseconds(core::Duration d) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
}

class RedisCounters final : public Counters, public std::enable_shared_from_this<RedisCounters> {
 public:
  RedisCounters(runtime::Shard& shard, RedisLink& link, RedisCountersSettings settings)
      : shard_(shard),
        link_(link),
        settings_(std::move(settings)),
        prefix_(settings_.prefix + std::string(kRedisFormat)),
        epoch_key_(prefix_ + "epoch"),
        name_(core::IdGenerator().uuid7().str()) {}

  /// Once the object is shared.
  void begin() {
    late_check_ = shard_.every_sweep([weak = weak_from_this()](core::TimePoint now) {
      if (const auto self = weak.lock()) self->release_what_is_due(now);
    });
  }

  runtime::Task<core::Result<Admission>> admit(const AdmitRequest& request) override {
    const auto self = shared_from_this();
    // Without a connection nothing is sent, so nothing can be late.
    if (!link_.connected())
      co_return core::fail(core::ErrorCode::control_state_unavailable, {}, link_.last_error());
    late_.erase(request.request_id);
    auto arguments = begin_arguments(settings_.replica, admission_bytes(request));
    append_admission(arguments, request, known_epoch_);
    const auto reply = co_await run(kAdmit, std::move(arguments));
    if (!reply) {
      // It may have been, or may yet be, carried out.
      late_[request.request_id] = {};
      release_what_is_due(shard_.clock().now());
      co_return std::unexpected(reply.error());
    }
    auto admission = read_admission(*reply, request);
    if (admission && admission->outcome == Outcome::admitted) known_epoch_ = admission->epoch;
    co_return admission;
  }

  runtime::Task<core::Result<Extension>> extend(std::string request_id, Amounts more) override {
    const auto self = shared_from_this();
    auto arguments = begin_arguments(settings_.replica);
    append_amounts(arguments, request_id, more);
    const auto reply = co_await run(kExtend, std::move(arguments));
    if (!reply) co_return std::unexpected(reply.error());
    co_return read_extension(*reply, more);
  }

  runtime::Task<core::Result<Settlement>> settle(std::string request_id, Amounts used) override {
    return settle_for(settings_.replica, std::move(request_id), used);
  }

  runtime::Task<core::Result<Settlement>> settle_for(std::string replica, std::string request_id,
                                                     Amounts used) override {
    const auto self = shared_from_this();
    auto arguments = begin_arguments(replica);
    append_amounts(arguments, request_id, used);
    const auto reply = co_await run(kSettle, std::move(arguments));
    if (!reply) co_return std::unexpected(reply.error());
    auto settled = read_settlements(*reply, 1);
    if (!settled) co_return std::unexpected(std::move(settled.error()));
    co_return std::move(settled->front());
  }

  runtime::Task<core::Result<std::vector<Settlement>>> settle_all(std::vector<Ended> requests) override {
    const auto self = shared_from_this();
    std::vector<Settlement> settlements;
    settlements.reserve(requests.size());
    for (std::size_t i = 0; i < requests.size(); i += kSettledAtOnce) {
      const std::span some = std::span(requests).subspan(i, std::min(kSettledAtOnce, requests.size() - i));
      auto arguments = begin_arguments(settings_.replica);
      for (const Ended& request : some) append_amounts(arguments, request.request_id, request.used);
      const auto reply = co_await run(kSettle, std::move(arguments));
      if (!reply) co_return std::unexpected(reply.error());
      auto settled = read_settlements(*reply, some.size());
      if (!settled) co_return std::unexpected(std::move(settled.error()));
      std::ranges::move(*settled, std::back_inserter(settlements));
    }
    co_return settlements;
  }

  runtime::Task<core::Result<void>> release(std::string request_id) override {
    return release_all({std::move(request_id)});
  }

  runtime::Task<core::Result<void>> seed(std::string scope, domain::Balance balance,
                                         std::string epoch) override {
    const auto self = shared_from_this();
    auto arguments = begin_arguments(settings_.replica);
    append_balance(arguments, scope, balance, epoch);
    const auto reply = co_await run(kSeed, std::move(arguments));
    if (!reply) co_return std::unexpected(reply.error());
    co_return read_done(*reply);
  }

  runtime::Task<core::Result<void>> account(std::vector<Delivered> delivered) override {
    const auto self = shared_from_this();
    for (std::size_t i = 0; i < delivered.size(); i += kAccountedAtOnce) {
      auto arguments = begin_arguments(settings_.replica);
      for (std::size_t n = i; n < std::min(delivered.size(), i + kAccountedAtOnce); ++n)
        append_delivered(arguments, delivered[n]);
      const auto reply = co_await run(kAccount, std::move(arguments));
      if (!reply) co_return std::unexpected(reply.error());
      if (const auto done = read_done(*reply); !done) co_return std::unexpected(done.error());
    }
    co_return core::Result<void>{};
  }

  runtime::Task<core::Result<Uses>> use(std::vector<Scope> scopes) override {
    const auto self = shared_from_this();
    auto arguments = begin_arguments(settings_.replica);
    for (const auto& scope : scopes) arguments.add(scope.id);
    const auto reply = co_await run(kUse, std::move(arguments));
    if (!reply) co_return std::unexpected(reply.error());
    co_return read_uses(*reply, scopes);
  }

  runtime::Task<core::Result<void>> reset(Reset reset) override {
    const auto self = shared_from_this();
    auto arguments = begin_arguments(settings_.replica);
    append_reset(arguments, reset);
    const auto reply = co_await run(kReset, std::move(arguments));
    if (!reply) co_return std::unexpected(reply.error());
    co_return read_done(*reply);
  }

  runtime::Task<core::Result<std::string>> epoch() override {
    const auto reply = co_await lease("epoch", {});
    if (!reply) co_return std::unexpected(reply.error());
    co_return read_text(*reply);
  }

  runtime::Task<core::Result<void>> renew(core::Duration lease_for) override {
    const auto reply = co_await lease("renew", milliseconds(lease_for));
    if (!reply) co_return std::unexpected(reply.error());
    co_return read_done(*reply);
  }

  runtime::Task<core::Result<std::vector<std::string>>> dead_replicas(core::Duration grace) override {
    const auto reply = co_await lease("dead", milliseconds(grace));
    if (!reply) co_return std::unexpected(reply.error());
    co_return read_names(*reply);
  }

  runtime::Task<core::Result<std::vector<Orphan>>> orphans(std::string replica) override {
    const auto reply = co_await lease("orphans", std::move(replica));
    if (!reply) co_return std::unexpected(reply.error());
    co_return read_orphans(*reply);
  }

 private:
  /// An admission nobody waits for any more and that must not last.
  struct Late {
    int confirmed = 0;  ///< answers that said it is gone
    core::TimePoint next{};
  };

  /// The key, and the arguments every script begins with (common.lua). About `more` bytes will follow.
  RedisArguments begin_arguments(const std::string& replica, std::size_t more = 0) {
    RedisArguments arguments;
    arguments.reserve(kFirstBytes + more);
    arguments.add(1);
    arguments.add(epoch_key_);
    arguments.add(prefix_);
    arguments.add(replica);
    arguments.add(name_ + '.' + std::to_string(++asked_));
    if (settings_.clock == nullptr) {
      arguments.add("");
      arguments.add("");
    } else {
      const auto now = settings_.clock->wall();
      const auto second = std::chrono::floor<std::chrono::seconds>(now);
      arguments.add(second.time_since_epoch().count());
      arguments.add((now - second).count());
    }
    return arguments;
  }

  static void append_amounts(RedisArguments& arguments, const std::string& request_id, Amounts amounts) {
    amounts = bounded(amounts);
    arguments.add(request_id);
    arguments.add(amounts.tokens);
    arguments.add(amounts.cost_nanos);
  }

  /// One round trip; a second one when Redis does not have the script. Both within one time-out.
  runtime::Task<core::Result<RedisReply>> run(const Script& script, RedisArguments arguments) {
    const auto due = link_.due();
    const std::array by_sha{std::string_view("EVALSHA"), script.sha};
    auto reply = co_await link_.command(by_sha, arguments, due);
    if (reply && reply->kind == RedisReply::Kind::error && reply->text.starts_with("NOSCRIPT")) {
      const std::array by_text{std::string_view("EVAL"), script.text};
      reply = co_await link_.command(by_text, arguments, due);
    }
    co_return reply;
  }

  runtime::Task<core::Result<RedisReply>> lease(std::string what, std::string argument) {
    const auto self = shared_from_this();
    auto arguments = begin_arguments(settings_.replica);
    arguments.add(what);
    arguments.add(argument);
    co_return co_await run(kLease, std::move(arguments));
  }

  runtime::Task<core::Result<void>> release_all(std::vector<std::string> ids) {
    const auto self = shared_from_this();
    auto arguments = begin_arguments(settings_.replica);
    for (const std::string& id : ids) arguments.add(id);
    const auto reply = co_await run(kRelease, std::move(arguments));
    if (!reply) co_return std::unexpected(reply.error());
    co_return read_done(*reply);
  }

  void release_what_is_due(core::TimePoint now) {
    if (late_.empty() || !link_.connected()) return;
    std::vector<std::string> ids;
    for (auto& [id, late] : late_) {
      if (late.next > now) continue;
      late.next = now + kAskAgain;
      ids.push_back(id);
      if (ids.size() == kReleasedAtOnce) break;
    }
    if (!ids.empty()) shard_.tasks().spawn(release_late(shared_from_this(), std::move(ids)));
  }

  static runtime::Task<void> release_late(std::shared_ptr<RedisCounters> self, std::vector<std::string> ids) {
    const auto released = co_await self->release_all(ids);
    if (!released) co_return;
    for (const auto& id : ids) {
      const auto found = self->late_.find(id);
      if (found == self->late_.end()) continue;
      if (++found->second.confirmed == 2) {
        self->late_.erase(found);
      } else {
        found->second.next = self->shard_.clock().now() + kConfirmAfter;
      }
    }
  }

  runtime::Shard& shard_;
  RedisLink& link_;
  RedisCountersSettings settings_;
  std::string prefix_;  // of all keys
  std::string epoch_key_;
  std::string name_;  // of this object, for epochs it may have to make
  std::uint64_t asked_ = 0;
  std::string known_epoch_;  // in which this object made a reservation
  std::map<std::string, Late> late_;
  std::unique_ptr<runtime::Shard::Periodic> late_check_;
};

}  // namespace

std::shared_ptr<Counters> make_redis_counters(runtime::Shard& shard, RedisLink& link,
                                              RedisCountersSettings settings) {
  auto counters = std::make_shared<RedisCounters>(shard, link, std::move(settings));
  counters->begin();
  return counters;
}

}  // namespace relayna::counters
