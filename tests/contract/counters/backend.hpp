#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relayna/counters/implementations.hpp"
#include "relayna/net/connector.hpp"

#include "support/loop.hpp"
#include "support/redis_server.hpp"

namespace relayna::test {

/// What the counters take for the time of day: it moves when told. Any thread.
class WallClock final : public core::Clock {
 public:
  [[nodiscard]] core::TimePoint now() const noexcept override { return core::real_clock().now(); }
  [[nodiscard]] core::SystemTime wall() const noexcept override { return wall_.load(); }
  void set(core::SystemTime t) { wall_ = t; }
  void advance(std::chrono::microseconds by) { wall_ = wall() + by; }

 private:
  std::atomic<core::SystemTime> wall_{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} +
                                      std::chrono::hours(12)};
};

/// The one redis-server of this test program, empty at first.
RedisServer& redis_server();

/// A connection of its own to `redis_server()`.
class RedisClient {
 public:
  /// For tests that are not about time on a machine that may be busy.
  static constexpr counters::RedisLink::Settings kPatient{.command_timeout = std::chrono::seconds(10),
                                                          .give_up = std::chrono::seconds(20)};
  explicit RedisClient(Loop& loop, counters::RedisLink::Settings settings = kPatient);
  ~RedisClient();
  counters::RedisLink& link() { return link_; }
  counters::RedisReply command(const std::vector<std::string>& words);

 private:
  Loop& loop_;
  net::Connector connector_;
  counters::RedisLink link_;
};

/// One implementation with empty counters.
class CountersBackend {
 public:
  virtual ~CountersBackend() = default;
  virtual counters::Counters& counters() = 0;
  /// Everything counted is lost.
  virtual void empty() = 0;
  template <class T>
  T run(runtime::Task<T> task) {
    return loop.run(std::move(task));
  }
  Loop loop;
  WallClock clock;
};

std::unique_ptr<CountersBackend> make_counters_backend(const std::string& name);

/// A prefix no other test has.
std::string new_prefix();

class CountersContract : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { backend_ = make_counters_backend(GetParam()); }
  counters::Counters& counters() { return backend_->counters(); }
  CountersBackend& backend() { return *backend_; }
  WallClock& clock() { return backend_->clock; }
  /// The value of what must work.
  template <class T>
  T value(runtime::Task<core::Result<T>> task) {
    auto result = backend_->run(std::move(task));
    if (!result) throw std::runtime_error(result.error().describe());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }

 private:
  std::unique_ptr<CountersBackend> backend_;
};

}  // namespace relayna::test
