#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "relayna/net/connector.hpp"
#include "relayna/runtime/stop.hpp"

namespace relayna::net {

/// Names to addresses with a cache; one lookup per name at a time. One shard.
class Resolver {
 public:
  static constexpr std::chrono::seconds kFresh{30};
  static constexpr std::chrono::minutes kStale{5};     ///< how long an old answer serves while DNS fails
  static constexpr std::chrono::seconds kNegative{5};  ///< how long a failure is not asked again
  static constexpr std::chrono::seconds kPatience{
      1};  ///< how long a refresh may hold up who has an old answer
  static constexpr std::size_t kMaxNames = 1024;

  Resolver(runtime::Shard& shard, Lookup lookup);
  ~Resolver();
  /// Never empty on success. Address literals and `localhost` need no lookup. Errors: upstream_connection,
  /// upstream_timeout, client_closed.
  runtime::Task<core::Result<std::vector<Address>>> resolve(std::string host, core::Deadline deadline,
                                                            runtime::StopSource* stop);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// getaddrinfo on a thread of its own.
Lookup system_lookup(runtime::Shard& shard);

}  // namespace relayna::net
