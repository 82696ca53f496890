#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/time.hpp"

namespace relayna::upstream {

/// How a provider did lately.
struct ProviderStanding {
  std::string name;
  std::optional<core::SystemTime> last_success;
  std::optional<core::SystemTime> last_failure;
  std::string last_error;  ///< of the last failure: `status_502`, or a code of the error table
  std::int64_t failures_in_a_row = 0;
  std::int64_t attempts = 0;  ///< in the last five minutes
  std::int64_t failures = 0;  ///< of these
};

/// What attempts said of each provider. What it counts is one shard's; time comes in from outside.
class ProviderTally {
 public:
  static constexpr std::int64_t kMinutes = 5;

  void succeeded(std::string_view provider, core::SystemTime now);
  void failed(std::string_view provider, std::string reason, core::SystemTime now);
  [[nodiscard]] std::vector<ProviderStanding> standings(core::SystemTime now) const;

 private:
  struct Minute {
    std::int64_t number = -1;  // since 1970
    std::int64_t attempts = 0;
    std::int64_t failures = 0;
  };
  struct Provider {
    ProviderStanding standing;
    std::array<Minute, kMinutes> minutes;
    Minute& minute(core::SystemTime now);
  };
  Provider& of(std::string_view name);

  std::map<std::string, Provider, std::less<>> providers_;
};

/// The standings of several shards as one, by name.
std::vector<ProviderStanding> merged(const std::vector<std::vector<ProviderStanding>>& shards);

}  // namespace relayna::upstream
