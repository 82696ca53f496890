#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "relayna/core/time.hpp"

namespace relayna::pipeline {

/// What the probes and /health tell, kept up to date by whoever knows; reading never waits for a dependency.
/// Any thread.
class Health {
 public:
  /// The outcome of a dependency's last check: `ok`, or `failed: <reason>` without credentials.
  struct Check {
    std::string name;
    std::string status = "failed: not checked yet";
    [[nodiscard]] bool ok() const noexcept { return status == "ok"; }
  };
  struct Upstream {
    std::string name;
    std::string kind;
  };

  void set_check(const std::string& name, std::string status) {
    const std::lock_guard lock(mutex_);
    for (auto& check : checks_) {
      if (check.name == name) {
        check.status = std::move(status);
        return;
      }
    }
    checks_.push_back({name, std::move(status)});
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

  std::atomic<bool> migrated{false};
  std::atomic<bool> snapshot_loaded{false};
  std::atomic<bool> listening{false};
  std::atomic<bool> draining{false};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> failures{0};  ///< answers of 500 and above

 private:
  mutable std::mutex mutex_;
  std::vector<Check> checks_;
  std::vector<Upstream> upstreams_;
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
