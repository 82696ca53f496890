#include "relayna/counters/counters.hpp"

namespace relayna::counters {

runtime::Task<core::Result<std::vector<Settlement>>> Counters::settle_all(std::vector<Ended> requests) {
  std::vector<Settlement> settlements;
  settlements.reserve(requests.size());
  for (Ended& request : requests) {
    auto settled = co_await settle(std::move(request.request_id), request.used);
    if (!settled) co_return std::unexpected(std::move(settled.error()));
    settlements.push_back(std::move(*settled));
  }
  co_return settlements;
}

}  // namespace relayna::counters
