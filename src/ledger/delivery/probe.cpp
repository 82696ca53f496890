#include "ledger/delivery/probe.hpp"

#include <string>

namespace relayna::ledger {

UsageSink::Probe::Probe(telemetry::Metrics& m, std::size_t shard) {
  const telemetry::Labels labels{{"shard", std::to_string(shard)}};
  written = m.counter("gateway_usage_events_written_total", "Usage events stored.");
  dropped = m.counter(
      "gateway_usage_events_dropped_total",
      "Usage events lost because the store was away for too long and the spool could not take them.");
  failures = m.counter("gateway_usage_write_failures_total",
                       "Batches of usage events the store did not take; they are tried again.");
  rejected = m.counter("gateway_usage_events_rejected_total",
                       "Usage events the store refused for good; they are in spool/rejected.*.");
  const char* const kRecovered = "Usage events delivered for earlier processes, by what those left.";
  recovered = m.counter("gateway_usage_events_recovered_total", kRecovered, {{"kind", "event"}});
  interrupted = m.counter("gateway_usage_events_recovered_total", kRecovered, {{"kind", "interrupted"}});
  spool_failures = m.counter("gateway_usage_spool_failures_total", "Records the spool could not take.");
  waiting = m.gauge("gateway_usage_events_waiting", "Usage events not stored yet.", labels);
  spool_records =
      m.gauge("gateway_usage_spool_records", "Usage events in the spool that are not stored yet.", labels);
  spool_bytes = m.gauge("gateway_usage_spool_bytes", "Bytes in the spool's files.", labels);
  open_intents =
      m.gauge("gateway_usage_open_intents", "Requests sent to an upstream that have not ended yet.", labels);
  oldest_age = m.gauge("gateway_usage_oldest_event_age_seconds",
                       "How long ago the request ended whose usage event has waited longest.", labels);
  lag = m.histogram("gateway_usage_delivery_lag_seconds",
                    "From a request's end to its usage event being stored.",
                    {.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200});
}

}  // namespace relayna::ledger
