// What the gateway connects to.
#include "config/setting.hpp"

namespace relayna::config {
namespace {

using S = Settings;

const std::array kUpstreams{
    Setting{.name = "LITELLM_BASE_URL",
            .file_key = "server.litellm.base_url",
            .group = Group::upstreams,
            .type = {Kind::base_url},
            .member = &S::litellm_base_url,
            .example = "http://litellm:4000",
            .help =
                "LiteLLM, or any server that speaks OpenAI's API; a path in it is kept. Set together with "
                "LITELLM_SERVICE_KEY. The provider is named `litellm`."},
    Setting{.name = "LITELLM_SERVICE_KEY",
            .file_key = "server.litellm.service_key",
            .group = Group::upstreams,
            .member = &S::litellm_service_key,
            .example = "sk-…",
            .help = "The credential sent to LITELLM_BASE_URL.",
            .secret = true,
            .reloadable = true},
    Setting{.name = "DIRECT_OPENAI_BASE_URL",
            .file_key = "server.direct_openai.base_url",
            .group = Group::upstreams,
            .type = {Kind::base_url},
            .member = &S::direct_openai_base_url,
            .example = "https://api.openai.com",
            .help = "The direct provider `openai`, behind `/providers/openai/*`. Set together with "
                    "DIRECT_OPENAI_SERVICE_KEY."},
    Setting{.name = "DIRECT_OPENAI_SERVICE_KEY",
            .file_key = "server.direct_openai.service_key",
            .group = Group::upstreams,
            .member = &S::direct_openai_service_key,
            .example = "sk-…",
            .help = "The credential sent to DIRECT_OPENAI_BASE_URL.",
            .secret = true,
            .reloadable = true},
    Setting{
        .name = "GATEWAY_ECHO",
        .file_key = "server.echo",
        .group = Group::upstreams,
        .type = {Kind::boolean},
        .member = &S::echo,
        .default_text = "false",
        .example = "true",
        .help = "Whether the built-in `echo` provider may be called. In embedded mode the default is true."},
    Setting{.name = "GATEWAY_UPSTREAM_PRIVATE",
            .file_key = "server.upstream_private",
            .group = Group::upstreams,
            .type = {Kind::upstream_private},
            .member = &S::upstream_private,
            .default_text = "allow",
            .example = "10.20.0.0/16",
            .help = "Upstreams at private and loopback addresses: `allow`, `deny`, or the only ranges to "
                    "allow. Metadata "
                    "and link-local addresses are always refused."},
    Setting{.name = "GATEWAY_UPSTREAM_CA_FILE",
            .file_key = "server.upstream_ca_file",
            .group = Group::upstreams,
            .type = {Kind::path},
            .member = &S::upstream_ca_file,
            .example = "/etc/relayna/ca.pem",
            .help = "PEM certificates trusted for upstreams beside the system's.",
            .reloadable = true},
    Setting{.name = "GATEWAY_OUTBOUND_PROXY",
            .file_key = "server.outbound_proxy",
            .group = Group::upstreams,
            .type = {Kind::proxy_url},
            .member = &S::outbound_proxy,
            .example = "http://proxy:3128",
            .help = "HTTP proxy through which upstreams are reached, but for the hosts in NO_PROXY.",
            .secret = true,
            .old_names = {"LW_GATEWAY_OUTBOUND_PROXY"}},
    Setting{.name = "NO_PROXY",
            .file_key = "server.no_proxy",
            .group = Group::upstreams,
            .type = {Kind::text_list},
            .member = &S::no_proxy,
            .example = "localhost, .internal, 10.0.0.0/8",
            .help = "Hosts, domain suffixes and ranges reached without GATEWAY_OUTBOUND_PROXY.",
            .old_names = {"no_proxy"}},
    Setting{.name = "RELAYNA_STUDIO_BASE_URL",
            .file_key = "server.studio.base_url",
            .group = Group::studio,
            .type = {Kind::base_url},
            .member = &S::studio_base_url,
            .example = "http://studio:8000",
            .help = "Relayna Studio, used while no connection is saved in the portal."},
    Setting{.name = "RELAYNA_STUDIO_TOKEN",
            .file_key = "server.studio.token",
            .group = Group::studio,
            .member = &S::studio_token,
            .example = "…",
            .help = "The credential sent to RELAYNA_STUDIO_BASE_URL.",
            .secret = true,
            .reloadable = true},
};

}  // namespace

std::span<const Setting> declared_upstreams() {
  return kUpstreams;
}

}  // namespace relayna::config
