#include "control/resources/providers.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "relayna/catalog/build.hpp"
#include "relayna/upstream/candidates.hpp"

#include "control/api/add_resource.hpp"
#include "control/resources/common_fields.hpp"
#include "control/resources/dependents.hpp"
#include "control/resources/provider_references.hpp"
#include "control/resources/references.hpp"
#include "control/resources/resources.hpp"
#include "control/resources/secret_field.hpp"

namespace relayna::control {

namespace {

using domain::Provider;
using domain::ProviderKind;
using store::ProviderRow;

constexpr std::int64_t kMostTimeoutMs = 3'600'000;

Codec<ProviderKind> kind() {
  std::vector<std::pair<ProviderKind, std::string_view>> names;
  for (int i = 0; i <= static_cast<int>(ProviderKind::echo); ++i) {
    const auto one = static_cast<ProviderKind>(i);
    if (upstream::can_be_called(one)) names.emplace_back(one, domain::to_string(one));
  }
  return choice(std::move(names));
}

/// A member of the provider within its row.
template <class Member>
auto of_provider(Member member) {
  return [member](auto& row) -> auto& { return std::invoke(member, row.provider); };
}

std::string_view source_of(const ProviderRow& row) {
  if (row.provider.managed_by == "env") return "environment";
  return row.provider.managed_by == "file" ? "file" : "saved";
}

Codec<std::string> provider_name() {
  auto codec = text(1, 64);
  codec.read = [read = codec.read](const json::Document& given, std::string& value, const std::string& path,
                                   Problems& problems) {
    read(given, value, path, problems);
    if (problems.concern(path)) return;
    if (auto problem = domain::provider_name_problem(value)) problems.add(path, *problem);
  };
  return codec;
}

void check_base_url(const ProviderRow& row, Problems& problems) {
  if (row.provider.kind != ProviderKind::echo && row.provider.base_url.empty())
    problems.add("base_url", "is required, as in https://api.openai.com");
}

void check_header(const ProviderRow& row, Problems& problems) {
  const auto& header = row.provider.header;
  if (header.mode == domain::CredentialHeaderMode::custom_header) {
    if (auto problem = domain::credential_header_problem(header.name))
      problems.add("credential_header_name", *problem);
  } else if (!header.name.empty()) {
    problems.add("credential_header_name", "goes with credential_header_mode custom_header only");
  }
}

/// Where a provider comes from, as conditions on `managed_by`.
std::vector<FilterValue> sources() {
  using store::Filter;
  const auto where = [](Filter condition) {
    return [condition](core::SystemTime) { return std::vector<Filter>{condition}; };
  };
  return {{"saved", where({"managed_by", Filter::Test::is_null, {}})},
          {"file", where({"managed_by", Filter::Test::equals, "file"})},
          {"environment", where({"managed_by", Filter::Test::equals, "env"})}};
}

}  // namespace

const Shape<ProviderRow>& provider_shape() {
  static const auto shape = [] {
    Shape<ProviderRow> shape("Provider", "An upstream models and raw calls are sent to.");
    shape
        .field("id", of_provider(&Provider::id), text(1, 80), Field::shown,
               "A UUID; of the environment's providers `env:` and the name.")
        .listed("id");
    shape
        .field(
            "name", of_provider(&Provider::name), provider_name(), Field::required,
            "Unique; the segment of /providers/{name}/*. A saved provider goes before the environment's of "
            "the same name.")
        .listed("name", true);
    shape.field("kind", of_provider(&Provider::kind), kind(), Field::fixed_required, "What it speaks.")
        .listed("kind");
    shape.field("base_url", of_provider(&Provider::base_url), optional_url(), Field::settable,
                "Its path is kept. Not needed for echo.");
    shape.field("enabled", of_provider(&Provider::enabled), flag(), Field::settable, "").listed("enabled");
    shape.field("credential", of_provider(&Provider::credential), secret_text(), Field::secret,
                "What the provider is called with; null takes it away.");
    shape.computed(
        "credential_configured", {{"type", "boolean"}},
        [](const ProviderRow& row, core::SystemTime) {
          return json::Document(!row.sealed_credential.empty() || !row.provider.credential.empty());
        },
        "");
    const auto header = [](auto member) {
      return [member](auto& row) -> auto& { return std::invoke(member, row.provider.header); };
    };
    using Header = domain::CredentialHeader;
    shape.field("credential_header_mode", header(&Header::mode),
                choice<domain::CredentialHeaderMode>(
                    {{domain::CredentialHeaderMode::authorization_bearer, "authorization_bearer"},
                     {domain::CredentialHeaderMode::custom_header, "custom_header"}}),
                Field::settable, "authorization_bearer is what the kind uses by custom.");
    shape.field("credential_header_name", header(&Header::name), optional_text(128), Field::settable, "");
    shape.field("credential_header_value_format", header(&Header::format),
                choice<domain::CredentialValueFormat>({{domain::CredentialValueFormat::raw, "raw"},
                                                       {domain::CredentialValueFormat::bearer, "bearer"}}),
                Field::settable, "Of a custom header.");
    shape.field(
        "fallback", of_provider(&Provider::fallback), optional_text(64), Field::settable,
        "The provider that is asked when this one fails before its first byte; `litellm` is whichever "
        "LiteLLM is in force.");
    const auto timeout = number(1, kMostTimeoutMs);
    shape.field("connect_timeout_ms", of_provider(&Provider::connect_timeout_ms), timeout, Field::settable,
                "");
    shape.field("first_byte_timeout_ms", of_provider(&Provider::first_byte_timeout_ms), timeout,
                Field::settable, "");
    shape.field("idle_timeout_ms", of_provider(&Provider::idle_timeout_ms), timeout, Field::settable,
                "Between two reads of an answer.");
    shape
        .computed(
            "source", {{"type", "string"}, {"enum", {"saved", "file", "environment"}}},
            [](const ProviderRow& row, core::SystemTime) {
              return json::Document(std::string(source_of(row)));
            },
            "Where it comes from; only saved ones can be changed here.")
        .listed_as(sources());
    add_provenance(shape);
    shape.rule({"kind", "base_url"}, check_base_url);
    shape.rule({"credential_header_mode", "credential_header_name"}, check_header);
    return shape;
  }();
  return shape;
}

void check_address(const Resources& with, const std::string& url, std::string_view field,
                   Problems& problems) {
  const auto base = net::BaseUrl::parse(url);
  if (!base) return;  // empty, or told already
  boost::system::error_code not_a_literal;
  const auto address = boost::asio::ip::make_address(base->origin.host, not_a_literal);
  if (not_a_literal) return;  // a name is checked whenever it is connected to
  if (auto refusal = with.network.ssrf.refusal(address); !refusal.empty())
    problems.add(std::string(field), "may not be connected to: " + refusal);
}

core::Result<Provider> load_provider(const Resources& with, const std::string& id) {
  auto known = known_providers(with);
  if (!known) return std::unexpected(std::move(known.error()));
  for (const auto& row : known->of_environment) {
    if (row.provider.id == id) return row.provider;
  }
  const auto row =
      std::ranges::find(known->stored, id, [](const ProviderRow& each) { return each.provider.id; });
  if (row == known->stored.end())
    return core::fail(core::ErrorCode::not_found, "There is no provider with this id.");
  if (!row->sealed_credential.empty()) {
    auto opened = with.keyring.open(row->sealed_credential, catalog::provider_context(row->provider.name));
    if (!opened) return std::unexpected(std::move(opened.error()));
    row->provider.credential = std::move(*opened);
  }
  return std::move(row->provider);
}

namespace {

core::Result<void> refuse_if_used(store::Unit& unit, const std::string& name, std::string_view verb) {
  const auto uses = uses_of_provider(unit, name);
  if (!uses) return std::unexpected(uses.error());
  return refuse_while_used(fmt::format("Provider {} cannot be {}", name, verb), *uses);
}

/// What is wrong with where a provider leads: to its upstream, and to what is asked when that fails.
core::Result<Problems> check_where_it_leads(const Resources& with, const Call& call) {
  Problems problems;
  if (const auto base_url = text_in(call.body, "base_url"))
    check_address(with, *base_url, "base_url", problems);
  auto name = text_in(call.body, "name");
  auto fallback = text_in(call.body, "fallback");
  if (!name && !fallback) return problems;
  const auto known = known_providers(with);
  if (!known) return std::unexpected(known.error());
  const auto id = call.path.find("id");  // of one that is changed
  for (const auto& row : known->stored) {
    if (id == call.path.end() || row.provider.id != id->second) continue;
    if (!name) name = row.provider.name;
    if (!call.body.contains("fallback")) fallback = row.provider.fallback;
  }
  if (auto problem = fallback_problem(*known, name.value_or(""), fallback.value_or("")))
    problems.add("fallback", *problem);
  return problems;
}

/// The sealed form says whose it is, so a new name needs a new one.
core::Result<void> seal_under_new_name(ProviderRow& row, const std::string& before,
                                       const identity::Keyring& keyring) {
  if (row.sealed_credential.empty()) return {};
  auto opened = keyring.open(row.sealed_credential, catalog::provider_context(before));
  if (!opened) return std::unexpected(std::move(opened.error()));
  auto sealed = keyring.seal(opened->reveal(), catalog::provider_context(row.provider.name));
  if (!sealed) return std::unexpected(std::move(sealed.error()));
  row.sealed_credential = std::move(*sealed);
  return {};
}

/// A new name waits until nothing refers to the old one; what is given of the credential is sealed.
core::Result<void> ready(Change<ProviderRow>& change, const identity::Keyring& keyring) {
  auto& provider = change.row.provider;
  if (change.before != nullptr && change.before->provider.name != provider.name) {
    const auto& before = change.before->provider.name;
    if (auto free = refuse_if_used(change.unit, before, "renamed"); !free) return free;
    if (auto sealed = seal_under_new_name(change.row, before, keyring); !sealed) return sealed;
  }
  return seal_given(change.call, "credential", provider.credential, change.row.sealed_credential, keyring,
                    catalog::provider_context(provider.name));
}

}  // namespace

void add_providers(Api& api, const Resources& with) {
  const auto* use = &with;
  Resource<ProviderRow> providers{.path = "providers",
                                  .tag = "Providers",
                                  .one = "provider",
                                  .shape = &provider_shape(),
                                  .read_scope = "providers:read",
                                  .write_scope = "providers:write",
                                  .search = "name"};
  providers.elsewhere = [use](store::Administration&) -> std::vector<ProviderRow> {
    auto known = known_providers(*use);
    return known ? std::move(known->of_environment) : std::vector<ProviderRow>();
  };
  providers.check_body = [use](const Call& call) { return check_where_it_leads(*use, call); };
  providers.before_create = [use](Change<ProviderRow>& change) { return ready(change, use->keyring); };
  providers.before_update = providers.before_create;
  providers.before_remove = [](Change<ProviderRow>& change) {
    return refuse_if_used(change.unit, change.row.provider.name, "deleted");
  };
  providers.goes_with = [](Change<ProviderRow>& change) {
    return credentials_gone_with(change.unit, change.call, change.row.provider.id);
  };
  auto& store = with.store.administration();
  add_resource(api, store, providers);
  const auto set_enabled = [](bool enabled) {
    return [enabled](Change<ProviderRow>& change) -> core::Result<void> {
      change.row.provider.enabled = enabled;
      return {};
    };
  };
  add_action<ProviderRow>(api, store, providers, "enable", "Switch a provider on", "providers:write",
                          set_enabled(true));
  add_action<ProviderRow>(api, store, providers, "disable", "Switch a provider off", "providers:write",
                          set_enabled(false));
}

}  // namespace relayna::control
