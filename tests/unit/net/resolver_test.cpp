#include "net/resolver.hpp"

#include <gtest/gtest.h>

#include "support/loop.hpp"

namespace relayna::net {
namespace {

using namespace std::chrono_literals;
using core::ErrorCode;
using Answer = core::Result<std::vector<Address>>;

Address addr(const char* text) {
  return boost::asio::ip::make_address(text);
}

class ResolverTest : public ::testing::Test {
 protected:
  struct Asked {
    std::string host;
    std::function<void(std::string, std::vector<Address>)> done;
  };

  core::FakeClock clock;
  test::Loop loop{clock};
  std::vector<Asked> asked;  // lookups under way, oldest first
  std::size_t lookups = 0;
  std::unique_ptr<Resolver> resolver =
      std::make_unique<Resolver>(loop.shard, [this](const std::string& host, auto done) {
        ++lookups;
        asked.push_back({host, std::move(done)});
      });

  /// A request for `host` that is under way; null until it ends.
  std::shared_ptr<std::optional<Answer>> request(const char* host, core::Deadline deadline = {},
                                                 runtime::StopSource* stop = nullptr) {
    auto out = std::make_shared<std::optional<Answer>>();
    loop.shard.tasks().spawn(resolve_into(resolver.get(), host, deadline, stop, out));
    loop.shard.io().poll();
    return out;
  }
  void answer(const char* address) {
    auto done = std::move(asked.at(0).done);
    asked.erase(asked.begin());
    done({}, {addr(address)});
    loop.shard.io().poll();
  }
  void fail(const char* error) {
    auto done = std::move(asked.at(0).done);
    asked.erase(asked.begin());
    done(error, {});
    loop.shard.io().poll();
  }
  void pass(core::Duration d) {
    clock.advance(d);
    loop.shard.sweep().sweep(clock.now());
    loop.shard.io().poll();
  }
  static std::string first(const std::shared_ptr<std::optional<Answer>>& result) {
    if (!*result) return "pending";
    if (!**result) return std::string((*result)->error().info().name) + ": " + (*result)->error().detail;
    return (**result)->front().to_string();
  }

  static runtime::Task<void> resolve_into(Resolver* from, std::string host, core::Deadline deadline,
                                          runtime::StopSource* stop,
                                          std::shared_ptr<std::optional<Answer>> out) {
    auto result = co_await from->resolve(std::move(host), deadline, stop);
    out->emplace(std::move(result));
  }
};

TEST_F(ResolverTest, LiteralsAndLocalhostNeedNoLookup) {
  EXPECT_EQ(first(request("192.0.2.7")), "192.0.2.7");
  EXPECT_EQ(first(request("2001:db8::7")), "2001:db8::7");
  const auto local = request("localhost");
  ASSERT_TRUE(*local && **local);
  EXPECT_EQ(***local, (std::vector{addr("127.0.0.1"), addr("::1")}));
  EXPECT_EQ(first(request("db.localhost")), "127.0.0.1");
  EXPECT_EQ(lookups, 0u);
}

TEST_F(ResolverTest, AnswersAreKeptForThirtySeconds) {
  const auto result = request("a.example");
  EXPECT_EQ(first(result), "pending");
  answer("192.0.2.1");
  EXPECT_EQ(first(result), "192.0.2.1");
  pass(29s);
  EXPECT_EQ(first(request("a.example")), "192.0.2.1");
  EXPECT_EQ(lookups, 1u);
  pass(1s);
  const auto refreshed = request("a.example");
  EXPECT_EQ(lookups, 2u);
  answer("192.0.2.2");
  EXPECT_EQ(first(refreshed), "192.0.2.2");
}

TEST_F(ResolverTest, OneLookupServesAllWhoWait) {
  const auto a = request("a.example");
  const auto b = request("a.example");
  const auto other = request("b.example");
  EXPECT_EQ(lookups, 2u);
  answer("192.0.2.1");
  EXPECT_EQ(first(a), "192.0.2.1");
  EXPECT_EQ(first(b), "192.0.2.1");
  EXPECT_EQ(first(other), "pending");
  answer("192.0.2.9");
  EXPECT_EQ(first(other), "192.0.2.9");
}

TEST_F(ResolverTest, FailureIsNotAskedAgainForFiveSeconds) {
  const auto result = request("a.example");
  fail("Host not found");
  EXPECT_EQ(first(result), "upstream_connection: a.example: DNS: Host not found");
  pass(4s);
  EXPECT_EQ(first(request("a.example")), "upstream_connection: a.example: DNS: Host not found");
  EXPECT_EQ(lookups, 1u);
  pass(1s);
  const auto again = request("a.example");
  EXPECT_EQ(lookups, 2u);
  answer("192.0.2.1");
  EXPECT_EQ(first(again), "192.0.2.1");
}

TEST_F(ResolverTest, NoAddressesIsAFailure) {
  const auto result = request("a.example");
  asked.at(0).done({}, {});
  asked.clear();
  loop.shard.io().poll();
  EXPECT_EQ(first(result), "upstream_connection: a.example: DNS: no addresses");
}

TEST_F(ResolverTest, OldAnswersServeWhileDnsFails) {
  request("a.example");
  answer("192.0.2.1");
  pass(60s);
  const auto during = request("a.example");
  fail("timed out");
  EXPECT_EQ(first(during), "192.0.2.1");
  EXPECT_EQ(first(request("a.example")), "192.0.2.1") << "without asking for five seconds";
  EXPECT_EQ(lookups, 2u);
  pass(5min);
  const auto too_old = request("a.example");
  fail("timed out");
  EXPECT_EQ(first(too_old), "upstream_connection: a.example: DNS: timed out");
}

TEST_F(ResolverTest, SlowRefreshDoesNotHoldUpWhoHasAnOldAnswer) {
  request("a.example");
  answer("192.0.2.1");
  pass(31s);
  const auto waiting = request("a.example");
  EXPECT_EQ(first(waiting), "pending");
  pass(1s);
  EXPECT_EQ(first(waiting), "192.0.2.1");
  answer("192.0.2.2");
  EXPECT_EQ(first(request("a.example")), "192.0.2.2") << "the late answer is still taken";
  EXPECT_EQ(lookups, 2u);
}

TEST_F(ResolverTest, DeadlineAndStopEndTheWaitOnly) {
  runtime::StopSource stop;
  const auto hurried = request("a.example", core::Deadline::in(clock, 2s));
  const auto stopped = request("a.example", {}, &stop);
  const auto patient = request("a.example");
  pass(2s);
  EXPECT_EQ(first(hurried), "upstream_timeout: a.example: DNS did not answer in time");
  stop.request_stop();
  loop.shard.io().poll();
  EXPECT_EQ(first(stopped), "client_closed: ");
  EXPECT_EQ(first(patient), "pending");
  answer("192.0.2.1");
  EXPECT_EQ(first(patient), "192.0.2.1");
  EXPECT_EQ(lookups, 1u);
}

TEST_F(ResolverTest, ImmediateAnswersWork) {
  Resolver instant(loop.shard, [](const std::string&, auto done) { done({}, {addr("192.0.2.5")}); });
  auto out = std::make_shared<std::optional<Answer>>();
  loop.shard.tasks().spawn(resolve_into(&instant, "a.example", {}, nullptr, out));
  ASSERT_TRUE(loop.until([&] { return out->has_value(); }));
  EXPECT_EQ(first(out), "192.0.2.5");
}

TEST_F(ResolverTest, AnswerAfterTheResolverIsGone) {
  auto done = [&] {
    request("a.example", core::Deadline::in(clock, 1s));
    pass(1s);
    return std::move(asked.at(0).done);
  }();
  resolver.reset();
  done({}, {addr("192.0.2.1")});
}

TEST_F(ResolverTest, RemembersABoundedNumberOfNames) {
  for (std::size_t i = 0; i < Resolver::kMaxNames + 10; ++i) {
    request(("h" + std::to_string(i)).c_str());
    answer("192.0.2.1");
  }
  const auto all = Resolver::kMaxNames + 10;
  EXPECT_EQ(lookups, all);
  // Some early name had to go; the newest is still known.
  EXPECT_EQ(first(request(("h" + std::to_string(all - 1)).c_str())), "192.0.2.1");
  EXPECT_EQ(lookups, all);
}

TEST(SystemLookup, AsksTheSystem) {
  test::Loop loop;
  const auto lookup = system_lookup(loop.shard);
  std::optional<std::string> error;
  std::vector<Address> addresses;
  const auto take = [&](std::string e, std::vector<Address> a) {
    addresses = std::move(a);
    error = std::move(e);
  };
  lookup("127.0.0.1", take);
  ASSERT_TRUE(loop.until([&] { return error.has_value(); }));
  EXPECT_EQ(*error, "");
  EXPECT_EQ(addresses, std::vector{addr("127.0.0.1")}) << "once, whatever socket types there are";

  error.reset();
  lookup("name.invalid", take);  // RFC 6761: never exists
  ASSERT_TRUE(loop.until([&] { return error.has_value(); }));
  EXPECT_NE(*error, "");
}

}  // namespace
}  // namespace relayna::net
