#include "http/connection_pool.hpp"

#include <gtest/gtest.h>

#include "unit/http/fake_stream.hpp"

namespace relayna::http {
namespace {

using namespace std::chrono_literals;

class PoolTest : public ::testing::Test {
 protected:
  test::FakeStream* give(core::TimePoint created, core::TimePoint now) {
    auto stream = std::make_unique<test::FakeStream>();
    auto* raw = stream.get();
    pool.give(origin, PooledConnection{.stream = std::move(stream), .created = created}, now);
    return raw;
  }

  Client::Settings settings{.max_idle_per_origin = 3, .idle_timeout = 10s, .max_age = 60s};
  ConnectionPool pool{settings};
  OriginConnections& origin = pool.origin({true, "api.example.com", 443});
  core::TimePoint t0{std::chrono::hours(1000)};
};

TEST_F(PoolTest, TakesTheOneUsedLast) {
  give(t0, t0);
  auto* last = give(t0, t0 + 1s);
  EXPECT_EQ(pool.take(origin, t0 + 2s).stream.get(), last);
  EXPECT_EQ(pool.idle(), 1U);
}

TEST_F(PoolTest, HasNothingWhenEmpty) {
  EXPECT_EQ(pool.take(origin, t0).stream, nullptr);
}

TEST_F(PoolTest, StepsOverStaleOnes) {
  auto* good = give(t0, t0);
  give(t0, t0)->is_stale = true;
  give(t0, t0)->is_stale = true;
  EXPECT_EQ(pool.take(origin, t0).stream.get(), good);
  EXPECT_EQ(pool.idle(), 0U);
}

TEST_F(PoolTest, ForgetsIdleAndOldOnes) {
  give(t0, t0);
  EXPECT_EQ(pool.take(origin, t0 + 10s).stream, nullptr) << "idle for too long";
  give(t0, t0 + 55s);
  EXPECT_EQ(pool.take(origin, t0 + 60s).stream, nullptr) << "too old, although just used";
  give(t0, t0 + 60s);
  EXPECT_EQ(pool.idle(), 0U) << "too old to come back";
}

TEST_F(PoolTest, KeepsAtMostItsNumber) {
  for (int i = 0; i < 5; ++i) give(t0, t0);
  EXPECT_EQ(pool.idle(), 3U);
}

TEST_F(PoolTest, SweepsWhatNobodyTakes) {
  give(t0, t0);
  auto* fresh = give(t0, t0 + 5s);
  give(t0, t0 + 5s)->is_stale = true;
  origin.active = 1;
  pool.sweep(t0 + 10s);
  EXPECT_EQ(pool.idle(), 1U);
  EXPECT_EQ(pool.take(origin, t0 + 10s).stream.get(), fresh);
}

TEST_F(PoolTest, ForgetsOriginsWithoutConnections) {
  OriginConnections& other = pool.origin({false, "busy.example.com", 80});
  other.active = 1;
  EXPECT_EQ(other.authority, "busy.example.com");
  pool.sweep(t0);
  EXPECT_EQ(&pool.origin({false, "busy.example.com", 80}), &other) << "it has an active connection";
  EXPECT_EQ(pool.active(), 1U);
}

TEST_F(PoolTest, OriginsAreApart) {
  give(t0, t0);
  for (const net::Origin& o :
       {net::Origin{false, "api.example.com", 443}, net::Origin{true, "api.example.com", 444},
        net::Origin{true, "api2.example.com", 443}}) {
    EXPECT_EQ(pool.take(pool.origin(o), t0).stream, nullptr);
  }
  pool.clear();
  EXPECT_EQ(pool.idle(), 0U);
}

}  // namespace
}  // namespace relayna::http
