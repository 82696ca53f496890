#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "relayna/core/time.hpp"
#include "relayna/store/store.hpp"

namespace relayna::pipeline {

/// What the probes and /health tell, kept up to date by whoever knows; reading never waits for a dependency.
/// Any thread.
class Health {
 public:
  /// The outcome of a dependency's last check: `ok`, or `failed: <reason>` without credentials.
  struct Check {
    std::string name;
    std::string status = "failed: not checked yet";
    core::Duration took{};  ///< until it answered
    core::SystemTime at{};  ///< of the check
    [[nodiscard]] bool ok() const noexcept { return status == "ok"; }
  };
  struct Upstream {
    std::string name;
    std::string kind;
  };

  void set_check(Check outcome) {
    const std::lock_guard lock(mutex_);
    const auto known = std::ranges::find(checks_, outcome.name, &Check::name);
    if (known != checks_.end()) {
      *known = std::move(outcome);
    } else {
      checks_.push_back(std::move(outcome));
    }
  }
  [[nodiscard]] bool check_ok(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(
        checks_, [&](const Check& check) { return check.name == name && check.status == "ok"; });
  }
  [[nodiscard]] std::vector<Check> checks() const {
    const std::lock_guard lock(mutex_);
    return checks_;
  }
  void set_upstreams(std::vector<Upstream> upstreams) {
    const std::lock_guard lock(mutex_);
    upstreams_ = std::move(upstreams);
  }
  [[nodiscard]] std::vector<Upstream> upstreams() const {
    const std::lock_guard lock(mutex_);
    return upstreams_;
  }

  /// The heartbeats of all replicas of the last day, when the store was asked last.
  struct Replicas {
    core::SystemTime at{};
    std::vector<store::Replica> seen;
  };
  void set_replicas(Replicas replicas) {
    const std::lock_guard lock(mutex_);
    replicas_ = std::move(replicas);
  }
  [[nodiscard]] Replicas replicas() const {
    const std::lock_guard lock(mutex_);
    return replicas_;
  }

  std::atomic<bool> migrated{false};
  std::atomic<int> schema_version{0};  ///< the newest migration applied, as of this process's start
  std::atomic<bool> snapshot_loaded{false};
  std::atomic<bool> listening{false};
  std::atomic<bool> draining{false};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> failures{0};  ///< answers of 500 and above

 private:
  mutable std::mutex mutex_;
  std::vector<Check> checks_;
  std::vector<Upstream> upstreams_;
  Replicas replicas_;
};

/// What does not change while the process runs, for /health and the probes.
struct About {
  std::string version;
  std::string environment;
  std::string replica;  ///< who this process is to the others; empty until its state folder is open
  std::string host;
  std::uint16_t proxy_port = 0;
  std::uint16_t control_port = 0;
  int pid = 0;
  core::TimePoint started{};
};

}  // namespace relayna::pipeline
