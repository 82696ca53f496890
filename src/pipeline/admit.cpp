#include "pipeline/steps.hpp"

namespace relayna::pipeline {

namespace {

/// The error, and what is known of the limits kept for its answer.
core::Error not_admitted(Exchange& x, ledger::NotAdmitted why) {
  x.refused_by = std::move(why.standings);
  return std::move(why);
}

}  // namespace

core::Result<void> check_remembered_refusals(Exchange& x) {
  if (auto refused = x.parts().ledger.remembered_refusal(x.scopes))
    return std::unexpected(not_admitted(x, std::move(*refused)));
  return {};
}

runtime::Task<core::Result<void>> admit(Exchange& x) {
  ledger::Demand demand{
      .scopes = std::move(x.scopes),
      .amounts = {.tokens = x.estimate.total(), .cost_nanos = x.most_cost.value_or(core::Money()).nanos()}};
  domain::UsageEvent draft = x.event();
  draft.provider = x.candidates.front().provider->name;
  draft.model = x.candidates.front().model;
  if (!x.most_cost) draft.cost_source = domain::to_string(domain::CostSource::unpriced);
  auto reservation = co_await x.parts().ledger.admit(std::move(demand), std::move(draft));
  if (!reservation) co_return std::unexpected(not_admitted(x, std::move(reservation.error())));
  x.reservation = std::move(*reservation);
  co_return core::Result<void>{};
}

}  // namespace relayna::pipeline
