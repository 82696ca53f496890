#pragma once

#include "relayna/ledger/usage_sink.hpp"

namespace relayna::ledger {

struct UsageSink::Probe {
  Probe(telemetry::Metrics& metrics, std::size_t shard);

  telemetry::Counter written, dropped, failures, rejected, recovered, interrupted, spool_failures;
  telemetry::Gauge waiting, spool_records, spool_bytes, open_intents, oldest_age;
  telemetry::Histogram lag;
  // What counters were told of sums that others keep.
  std::size_t recovered_seen = 0;
  std::size_t interrupted_seen = 0;
};

}  // namespace relayna::ledger
