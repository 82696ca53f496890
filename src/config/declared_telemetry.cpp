// Logs, metrics and traces.
#include "config/setting.hpp"

namespace relayna::config {
namespace {

using S = Settings;

const std::array kTelemetry{
    Setting{
        .name = "LOG_LEVEL",
        .file_key = "logging.level",
        .group = Group::logging,
        .type = {Kind::log_filter},
        .member = &S::log_level,
        .default_text = "info",
        .example = "proxy=debug,store=warn,info",
        .help =
            "`trace`, `debug`, `info`, `warn`, `error`, `off`, or a list of module=level with one default. "
            "`gateway_proxy` and `gateway_api` name the proxy and control modules.",
        .reloadable = true,
        .old_names = {"GATEWAY_LOG_LEVEL"}},
    Setting{.name = "LOG_FORMAT",
            .file_key = "logging.format",
            .group = Group::logging,
            .type = choice({"json", "text"}),
            .member = &S::log_format,
            .default_text = "json",
            .example = "text",
            .help = "One JSON object per line, or text for people."},
    Setting{.name = "ENVIRONMENT",
            .file_key = "server.environment",
            .group = Group::logging,
            .member = &S::environment,
            .default_text = "local",
            .example = "production",
            .help = "A label on logs, spans and probes. Other than `local`, a bootstrap password expires at "
                    "first use and "
                    "the default of OTEL_TRACES_SAMPLER_ARG is 0.1."},
    Setting{.name = "GATEWAY_LOG_MESSAGE_BODY",
            .file_key = "logging.message_body",
            .group = Group::logging,
            .type = {Kind::boolean},
            .member = &S::log_message_body,
            .default_text = "false",
            .example = "true",
            .help =
                "For triage only: logs the beginning of request bodies. Refused when ENVIRONMENT is prod or "
                "production.",
            .old_names = {"LW_LOG_MESSAGE_BODY"}},

    Setting{
        .name = "OTEL_EXPORTER_OTLP_ENDPOINT",
        .file_key = "telemetry.otlp_endpoint",
        .group = Group::telemetry,
        .type = {Kind::base_url},
        .example = "http://otel-collector:4318",
        .help =
            "OTLP over HTTP for spans and metrics; `/v1/traces` and `/v1/metrics` are appended when missing.",
        .later = true,
        .old_names = {"OTEL_OTLP_ENDPOINT", "GATEWAY_OTEL_DEFAULT_ENDPOINT"}},
    Setting{.name = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            .file_key = "telemetry.otlp_traces_endpoint",
            .group = Group::telemetry,
            .type = {Kind::base_url},
            .example = "http://otel-collector:4318/v1/traces",
            .help = "Where spans go, when elsewhere than OTEL_EXPORTER_OTLP_ENDPOINT.",
            .later = true,
            .old_names = {"CUSTOMER_TRACE_BRIDGE_BASE_URL"}},
    Setting{.name = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
            .file_key = "telemetry.otlp_metrics_endpoint",
            .group = Group::telemetry,
            .type = {Kind::base_url},
            .example = "http://otel-collector:4318/v1/metrics",
            .help = "Where metrics go, when elsewhere than OTEL_EXPORTER_OTLP_ENDPOINT.",
            .later = true},
    Setting{.name = "OTEL_EXPORTER_OTLP_HEADERS",
            .file_key = "telemetry.otlp_headers",
            .group = Group::telemetry,
            .type = {Kind::header_list},
            .example = "api-key=…,x-team=ml",
            .help = "Headers sent with every export.",
            .secret = true,
            .reloadable = true,
            .later = true,
            .old_names = {"OTEL_OTLP_HEADERS"}},
    Setting{.name = "OTEL_TRACES_SAMPLER_ARG",
            .file_key = "telemetry.sample_ratio",
            .group = Group::telemetry,
            .type = {Kind::ratio},
            .default_text = "1.0",
            .example = "0.25",
            .help = "The share of requests that is traced, 0 to 1. The default is 0.1 when ENVIRONMENT is "
                    "not `local`.",
            .later = true,
            .old_names = {"OTEL_SAMPLE_RATIO"}},
};

}  // namespace

std::span<const Setting> declared_telemetry() {
  return kTelemetry;
}

}  // namespace relayna::config
