// The two listeners and what stands in front of them.
#include "config/setting.hpp"

namespace relayna::config {
namespace {

using S = Settings;

const std::array kListeners{
    Setting{.name = "GATEWAY_BIND_ADDR",
            .file_key = "server.bind",
            .group = Group::listeners,
            .type = {Kind::address},
            .member = &S::bind,
            .default_text = "0.0.0.0:8080",
            .example = "127.0.0.1:8080",
            .help = "The proxy listener, for LLM clients. `--port` replaces the port.",
            .old_names = {"SERVER_ADDR", "GATEWAY_LISTEN_ADDR"}},
    Setting{
        .name = "GATEWAY_CONTROL_BIND_ADDR",
        .file_key = "server.control_bind",
        .group = Group::listeners,
        .type = {Kind::address},
        .member = &S::control_bind,
        .default_text = "0.0.0.0:8081",
        .example = "127.0.0.1:8081",
        .help =
            "The control listener: probes, metrics, admin API, portal. `--control-port` replaces the port."},
    Setting{.name = "GATEWAY_CONTROL_BASE_PATH",
            .file_key = "server.control_base_path",
            .group = Group::listeners,
            .type = {Kind::base_path},
            .member = &S::control_base_path,
            .default_text = "/",
            .example = "/gateway",
            .help = "The prefix under which a reverse proxy serves the control listener."},
    Setting{.name = "GATEWAY_TLS_CERT_FILE",
            .file_key = "server.tls.cert_file",
            .group = Group::listeners,
            .type = {Kind::path},
            .member = &S::tls_cert_file,
            .example = "/etc/relayna/tls.crt",
            .help = "PEM certificate chain of the proxy listener. With its key file the listener serves TLS.",
            .reloadable = true},
    Setting{.name = "GATEWAY_TLS_KEY_FILE",
            .file_key = "server.tls.key_file",
            .group = Group::listeners,
            .type = {Kind::path},
            .member = &S::tls_key_file,
            .example = "/etc/relayna/tls.key",
            .help = "PEM private key that belongs to GATEWAY_TLS_CERT_FILE.",
            .reloadable = true},
    Setting{.name = "GATEWAY_CONTROL_TLS_CERT_FILE",
            .file_key = "server.control_tls.cert_file",
            .group = Group::listeners,
            .type = {Kind::path},
            .member = &S::control_tls_cert_file,
            .example = "/etc/relayna/control.crt",
            .help = "PEM certificate chain of the control listener.",
            .reloadable = true},
    Setting{.name = "GATEWAY_CONTROL_TLS_KEY_FILE",
            .file_key = "server.control_tls.key_file",
            .group = Group::listeners,
            .type = {Kind::path},
            .member = &S::control_tls_key_file,
            .example = "/etc/relayna/control.key",
            .help = "PEM private key that belongs to GATEWAY_CONTROL_TLS_CERT_FILE.",
            .reloadable = true},
    Setting{
        .name = "GATEWAY_TRUSTED_PROXIES",
        .file_key = "server.trusted_proxies",
        .group = Group::listeners,
        .type = {Kind::cidr_list},
        .member = &S::trusted_proxies,
        .example = "10.0.0.0/8, 192.168.1.7",
        .help =
            "Peers whose X-Forwarded-For and X-Forwarded-Proto say who the client is, on both listeners."},
    Setting{
        .name = "GATEWAY_CORS_ALLOWED_ORIGINS",
        .file_key = "server.cors_allowed_origins",
        .group = Group::listeners,
        .type = {Kind::origin_list},
        .member = &S::cors_allowed_origins,
        .example = "https://app.example.com",
        .help = "Origins whose pages may call the proxy listener from a browser; `*` for any. Unset: none."},
};

}  // namespace

std::span<const Setting> declared_listeners() {
  return kListeners;
}

}  // namespace relayna::config
