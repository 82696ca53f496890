#include "pipeline/probe.hpp"

#include "pipeline/exchange.hpp"

namespace relayna::pipeline {

namespace {

const std::vector<double> kDurationMs{5,    10,   25,   50,    100,   250,   500,
                                      1000, 2500, 5000, 10000, 30000, 60000, 120000};
const std::vector<double> kDurationSeconds{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120};
const std::vector<double> kFirstTokenMs{25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000};
const std::vector<double> kFirstTokenSeconds{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30};
const std::vector<double> kOverheadSeconds{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .05, .25};

double seconds(core::Duration d) {
  return std::chrono::duration<double>(d).count();
}

std::string_view status_class(int status) {
  switch (status / 100) {
    case 1:
      return "1xx";
    case 2:
      return "2xx";
    case 3:
      return "3xx";
    case 4:
      return "4xx";
    case 5:
      return "5xx";
    default:
      return "unknown";
  }
}

}  // namespace

Probe::Probe(telemetry::Metrics& m)
    : metrics_(m),
      requests_(m.counter("gateway_requests_total", "Requests answered on the proxy listener.")),
      errors_(m.counter("gateway_errors_total", "Answers with a status of 400 or more.")),
      auth_failures_(
          m.counter("gateway_auth_failures_total", "Requests whose caller could not be identified.")),
      policy_denials_(m.counter("gateway_policy_denials_total", "Requests a policy refused.")),
      admission_rejections_(m.counter("gateway_body_admission_rejections_total",
                                      "Requests refused because too many bodies were held.")),
      tokens_(m.counter("gateway_tokens_total", "Tokens upstreams reported.")),
      stream_aborts_(
          m.counter("gateway_stream_aborts_total", "Streams that ended before their protocol's last event.")),
      key_hits_(m.counter("gateway_auth_cache_lookups_total",
                          "Virtual key lookups by whether the cache answered.", {{"result", "hit"}})),
      key_misses_(m.counter("gateway_auth_cache_lookups_total",
                            "Virtual key lookups by whether the cache answered.", {{"result", "miss"}})),
      active_requests_(m.gauge("gateway_active_requests", "Requests being served.")),
      active_streams_(m.gauge("gateway_active_streams", "Streams being relayed.")),
      overhead_(
          m.histogram("gateway_overhead_seconds",
                      "Time the gateway itself added before the answer's head, upstream waits excluded.",
                      kOverheadSeconds)) {}

Probe::ByRoute& Probe::by_route(std::string_view route, std::string_view provider, bool stream) {
  scratch_.assign(route).append(1, '\n').append(provider).append(stream ? "\n1" : "\n0");
  if (const auto it = routes_.find(scratch_); it != routes_.end()) return it->second;
  const telemetry::Labels labels{{"route", std::string(route)},
                                 {"provider", std::string(provider)},
                                 {"stream", stream ? "true" : "false"}};
  ByRoute handles{
      metrics_.histogram("gateway_request_duration_ms", "Whole requests, milliseconds.", kDurationMs, labels),
      metrics_.histogram("gateway_request_duration_seconds", "Whole requests, seconds.", kDurationSeconds,
                         labels),
      metrics_.histogram("gateway_upstream_duration_ms", "Waiting for upstreams' answer heads, milliseconds.",
                         kDurationMs, labels),
      metrics_.histogram("gateway_first_token_latency_ms",
                         "Request to first content of a stream, milliseconds.", kFirstTokenMs, labels),
      metrics_.histogram("gateway_time_to_first_token_seconds",
                         "Request to first content of a stream, seconds.", kFirstTokenSeconds, labels),
  };
  return routes_.emplace(scratch_, handles).first->second;
}

telemetry::Counter& Probe::by_dimension(std::string_view route, std::string_view provider, int status) {
  scratch_.assign(route).append(1, '\n').append(provider).append(1, '\n').append(status_class(status));
  if (const auto it = dimensions_.find(scratch_); it != dimensions_.end()) return it->second;
  auto counter =
      metrics_.counter("gateway_requests_by_dimension_total", "Requests by route, provider and status class.",
                       {{"route", std::string(route)},
                        {"provider", std::string(provider)},
                        {"status_class", std::string(status_class(status))}});
  return dimensions_.emplace(scratch_, counter).first->second;
}

void Probe::denied(std::string_view kind, std::string_view route, std::string_view reason) {
  if (kind == "auth") auth_failures_.add();
  if (kind == "policy") policy_denials_.add();
  if (kind == "body_admission") admission_rejections_.add();
  scratch_.assign(kind).append(1, '\n').append(route).append(1, '\n').append(reason);
  auto it = denials_.find(scratch_);
  if (it == denials_.end()) {
    auto counter = metrics_.counter(
        "gateway_denials_total", "Requests the gateway refused, by kind, route and reason.",
        {{"kind", std::string(kind)}, {"route", std::string(route)}, {"reason", std::string(reason)}});
    it = denials_.emplace(scratch_, counter).first;
  }
  it->second.add();
}

void Probe::request_ended(const Exchange& x) {
  active_requests_.add(-1);
  if (x.stream) active_streams_.add(-1);
  requests_.add();
  if (x.status >= 400) errors_.add();
  const std::string_view route = domain::route_label(x.match.route);
  const std::string& provider =
      provider_labels_(x.provider.empty() ? std::string_view("none") : std::string_view(x.provider));
  by_dimension(route, provider, x.status).add();
  auto& handles = by_route(route, provider, x.stream);
  const double took = seconds(x.elapsed());
  handles.duration_ms.observe(took * 1e3);
  handles.duration_seconds.observe(took);
  if (x.attempts.made > 0) handles.upstream_ms.observe(seconds(x.attempts.upstream_wait) * 1e3);
  if (x.answered_by_upstream) overhead_.observe(seconds(x.overhead));
  if (x.time_to_first_token) {
    handles.first_token_ms.observe(seconds(*x.time_to_first_token) * 1e3);
    handles.first_token_seconds.observe(seconds(*x.time_to_first_token));
  }
  if (x.stream && (x.client_gone || !x.error_code.empty())) stream_aborts_.add();
  if (x.usage.total) tokens_.add(static_cast<double>(*x.usage.total));
}

}  // namespace relayna::pipeline
