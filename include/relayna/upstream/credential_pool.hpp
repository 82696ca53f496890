#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/time.hpp"

namespace relayna::upstream {

/// One of the credentials a provider may be asked with.
struct PooledCredential {
  std::string_view id;
  std::int64_t weight = 1;
  std::optional<std::int64_t> requests_per_minute;
  std::optional<std::int64_t> max_concurrent_requests;
};

/// How a credential stands.
struct CredentialStanding {
  std::string id;
  std::int64_t in_flight = 0;
  std::int64_t last_minute = 0;  ///< requests
  core::Duration cools_for{};    ///< zero: it does not
};

/// Spreads requests over several credentials of a provider by weight, past those that are over their caps or
/// that the provider refused a moment ago. What it counts is one shard's; time comes in from outside.
class CredentialPool {
  struct Use;

 public:
  static constexpr std::chrono::seconds kCoolDown{30};          ///< when the provider does not say
  static constexpr std::chrono::seconds kLongestCoolDown{300};  ///< whatever it says

  /// A request under way; in flight until it is destroyed. An empty one is nobody's.
  class Lease {
   public:
    Lease() = default;
    explicit Lease(std::shared_ptr<Use> use);
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) noexcept;
    ~Lease() { end(); }
    [[nodiscard]] bool empty() const noexcept { return use_ == nullptr; }

   private:
    void end() noexcept;
    std::shared_ptr<Use> use_;
  };

  /// Caps are divided by `shares`: as many pools as stand side by side in this process.
  explicit CredentialPool(std::int64_t shares = 1) : shares_(shares) {}

  /// Which of `all` comes next. The first time (`tried` empty) always one: if none is free, the one that will
  /// be soonest. After that only one that is free and was not tried; nullopt: there is none.
  std::optional<std::size_t> pick(std::span<const PooledCredential> all, std::span<const std::size_t> tried,
                                  core::TimePoint now);
  Lease begin(std::string_view id, core::TimePoint now);
  /// The provider refused it; it is passed over for `retry_after`, or kCoolDown.
  void cool_down(std::string_view id, std::optional<std::chrono::seconds> retry_after, core::TimePoint now);
  [[nodiscard]] std::vector<CredentialStanding> standings(core::TimePoint now) const;

 private:
  /// Requests of the current second and the 59 before it.
  class LastMinute {
   public:
    void add(core::TimePoint now);
    [[nodiscard]] std::int64_t sum(core::TimePoint now) const noexcept;

   private:
    struct Second {
      std::int64_t at = -1;
      std::int64_t requests = 0;
    };
    std::array<Second, 60> seconds_{};
  };
  struct Use {
    std::int64_t in_flight = 0;
    std::int64_t balance = 0;  ///< of the weighted turns
    core::TimePoint cools_until{};
    LastMinute minute;
  };

  Use& use_of(std::string_view id);
  [[nodiscard]] bool over_caps(const PooledCredential& credential, const Use& use, core::TimePoint now) const;
  std::size_t soonest(std::span<const PooledCredential> all, core::TimePoint now);

  std::int64_t shares_;
  std::map<std::string, std::shared_ptr<Use>, std::less<>> uses_;
};

/// `Retry-After` as seconds or an HTTP date, `now` being the wall clock's; nullopt when it says neither.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, core::SystemTime now);

}  // namespace relayna::upstream
