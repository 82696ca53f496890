#include "relayna/catalog/build.hpp"

#include "control/api/add_resource.hpp"
#include "control/resources/common_fields.hpp"
#include "control/resources/dependents.hpp"
#include "control/resources/references.hpp"
#include "control/resources/resources.hpp"
#include "control/resources/secret_field.hpp"

namespace relayna::control {

namespace {

using domain::ProviderCredential;
using store::CredentialMappingRow;
using store::ProviderCredentialRow;

constexpr std::int64_t kMostWeight = 1'000;

template <class Member>
auto of_credential(Member member) {
  return [member](auto& row) -> auto& { return std::invoke(member, row.credential); };
}

}  // namespace

const Shape<ProviderCredentialRow>& credential_shape() {
  static const auto shape = [] {
    Shape<ProviderCredentialRow> shape(
        "ProviderCredential",
        "A further credential of a provider, beside its own. Requests are spread over them by weight, past "
        "those "
        "that are over their caps or that the provider answered 429 to a moment ago.");
    add_id(shape);
    shape.field("provider_id", of_credential(&ProviderCredential::provider_id), uuid(), Field::shown, "");
    shape
        .field("name", of_credential(&ProviderCredential::name), text(1, kMostName), Field::required,
               "Unique within the provider.")
        .listed("name", true);
    shape.field("enabled", of_credential(&ProviderCredential::enabled), flag(), Field::settable, "")
        .listed("enabled");
    shape.field("secret", of_credential(&ProviderCredential::secret), secret_text(), Field::secret, "");
    shape.computed(
        "credential_configured", {{"type", "boolean"}},
        [](const ProviderCredentialRow& row, core::SystemTime) {
          return json::Document(!row.sealed_credential.empty());
        },
        "");
    shape.field("weight", of_credential(&ProviderCredential::weight), number(1, kMostWeight), Field::settable,
                "Its share of the requests.");
    shape.field("requests_per_minute", of_credential(&ProviderCredential::requests_per_minute),
                optional_number(1), Field::settable, "Of one replica; null: no cap.");
    shape.field("max_concurrent_requests", of_credential(&ProviderCredential::max_concurrent_requests),
                optional_number(1), Field::settable, "Of one replica; null: no cap.");
    add_provenance(shape);
    return shape;
  }();
  return shape;
}

namespace {

template <class Row>
auto set_enabled(bool enabled) {
  return [enabled](Change<Row>& change) -> core::Result<void> {
    subject(change.row).enabled = enabled;
    return {};
  };
}

core::Result<void> seal_secret(Change<ProviderCredentialRow>& change, const identity::Keyring& keyring) {
  auto& [credential, sealed] = change.row;
  return seal_given(change.call, "secret", credential.secret, sealed, keyring,
                    catalog::credential_context(credential.id));
}

/// There is none without.
core::Result<Problems> check_secret(const Call& call) {
  Problems problems;
  const auto given = call.body.find("secret");
  const bool creates = call.operation->method == "POST";
  if (given == call.body.end() ? creates : given->is_null()) problems.add("secret", "is required");
  return problems;
}

}  // namespace

void add_provider_credentials(Api& api, const Resources& with) {
  const auto* keyring = &with.keyring;
  Resource<ProviderCredentialRow> credentials{.path = "providers/{provider_id}/credentials",
                                              .kind = "provider-credentials",
                                              .tag = "Providers",
                                              .one = "credential",
                                              .shape = &credential_shape(),
                                              .read_scope = "providers:read",
                                              .write_scope = "providers:write",
                                              .search = "name"};
  credentials.parent = {"provider_id", "provider_id", [](ProviderCredentialRow& row) -> std::string& {
                          return row.credential.provider_id;
                        }};
  credentials.check_body = check_secret;
  credentials.before_create = [keyring](Change<ProviderCredentialRow>& change) -> core::Result<void> {
    auto provider = change.unit.of<store::ProviderRow>().find(change.row.credential.provider_id);
    if (!provider) return std::unexpected(std::move(provider.error()));
    if (!*provider) {
      return core::fail(
          core::ErrorCode::not_found,
          "There is no saved provider with this id; those of the environment have one credential.");
    }
    return seal_secret(change, *keyring);
  };
  credentials.before_update = [keyring](Change<ProviderCredentialRow>& change) {
    return seal_secret(change, *keyring);
  };
  auto& store = with.store.administration();
  add_resource(api, store, credentials);
  add_action<ProviderCredentialRow>(api, store, credentials, "enable", "Use a credential", "providers:write",
                                    set_enabled<ProviderCredentialRow>(true));
  add_action<ProviderCredentialRow>(api, store, credentials, "disable", "Use a credential no more",
                                    "providers:write", set_enabled<ProviderCredentialRow>(false));
}

// ---- whose requests go to LiteLLM with a credential of their own

namespace {

using Scope = domain::CredentialMapping::Scope;

template <class Member>
auto of_mapping(Member member) {
  return [member](auto& row) -> auto& { return std::invoke(member, row.mapping); };
}

}  // namespace

const Shape<CredentialMappingRow>& mapping_shape() {
  static const auto shape = [] {
    Shape<CredentialMappingRow> shape("LitellmCredential",
                                      "The LiteLLM credential of one key or project. A key's goes before its "
                                      "project's, and both before the "
                                      "provider's own.");
    add_id(shape);
    shape
        .field("scope", of_mapping(&domain::CredentialMapping::scope),
               choice<Scope>({{Scope::key, "key"}, {Scope::project, "project"}}), Field::fixed_required, "")
        .listed("scope", true);
    shape
        .field("target_id", of_mapping(&domain::CredentialMapping::target_id), uuid(), Field::fixed_required,
               "The key or the project.")
        .listed("target_id", true);
    shape.field("enabled", of_mapping(&domain::CredentialMapping::enabled), flag(), Field::settable, "")
        .listed("enabled");
    shape.field("credential", of_mapping(&domain::CredentialMapping::credential), secret_text(),
                Field::secret, "");
    shape.computed(
        "credential_configured", {{"type", "boolean"}},
        [](const CredentialMappingRow& row, core::SystemTime) {
          return json::Document(!row.sealed_credential.empty());
        },
        "");
    return shape;
  }();
  return shape;
}

namespace {

/// The id of the mapping that the body's target has already; empty: none.
core::Result<std::string> mapped_already(store::Administration& store, const Call& call) {
  store::ListQuery query;
  query.sort = "id";
  for (const char* name : {"scope", "target_id"}) {
    const auto given = call.body.find(name);
    if (given == call.body.end() || !given->is_string()) return std::string();  // told by the creation
    query.where.push_back({name, store::Filter::Test::equals, given->get<std::string>()});
  }
  auto page = store.of<CredentialMappingRow>().list(query);
  if (!page && page.error().code == core::ErrorCode::invalid_request) return std::string();
  if (!page) return std::unexpected(std::move(page.error()));
  return page->rows.empty() ? std::string() : page->rows.front().mapping.id;
}

/// One mapping per key or project: what is given for a target that has one changes it.
core::Result<Answer> put_mapping(store::Administration& store, Call& call,
                                 const Resource<CredentialMappingRow>& mappings) {
  auto id = mapped_already(store, call);
  if (!id) return std::unexpected(std::move(id.error()));
  if (id->empty()) return resource_detail::create(store, call, mappings);
  call.path["id"] = *id;
  call.body.erase("scope");
  call.body.erase("target_id");
  auto answer = resource_detail::patch(store, call, mappings);
  if (answer && answer->status == 200) {
    answer->status = 201;
    answer->headers.emplace_back("Location", mappings.location(call, *id));
  }
  return answer;
}

}  // namespace

void add_litellm_credentials(Api& api, const Resources& with) {
  const auto* keyring = &with.keyring;
  Resource<CredentialMappingRow> mappings{.path = "providers/litellm-credentials",
                                          .kind = "litellm-credentials",
                                          .tag = "Providers",
                                          .one = "LiteLLM credential",
                                          .shape = &mapping_shape(),
                                          .read_scope = "providers:read",
                                          .write_scope = "providers:write",
                                          .creates = false};
  const auto seal = [keyring](Change<CredentialMappingRow>& change) {
    auto& [mapping, sealed] = change.row;
    return seal_given(change.call, "credential", mapping.credential, sealed, *keyring,
                      catalog::mapping_context(mapping.id));
  };
  auto& store = with.store.administration();
  mappings.check_body = [&store](const Call& call) {
    return check_scope_id(store, call.body, "scope", "target_id");
  };
  mappings.before_create = seal;
  mappings.before_update = seal;
  add_resource(api, store, mappings);
  api.add_schema("LitellmCredentialCreate", create_schema(mapping_shape().fields()));

  Operation put;
  put.method = "POST";
  put.path = mappings.collection();
  put.id = "litellm-credentials.create";
  put.tag = mappings.tag;
  put.summary = "Give a key or project its LiteLLM credential";
  put.about =
      "There is one per key or project: for one that has it already, what is given changes and the rest "
      "stays.";
  put.scope = mappings.write_scope;
  put.status = 201;
  put.request = reference("LitellmCredentialCreate");
  put.response = reference("LitellmCredential");
  put.errors = {core::ErrorCode::conflict, core::ErrorCode::idempotency_conflict};
  put.run =
      Operation::Blocking([&store, mappings](Call& call) { return put_mapping(store, call, mappings); });
  api.add(std::move(put));
  add_action<CredentialMappingRow>(api, store, mappings, "enable", "Use it", "providers:write",
                                   set_enabled<CredentialMappingRow>(true));
  add_action<CredentialMappingRow>(api, store, mappings, "disable", "Use it no more", "providers:write",
                                   set_enabled<CredentialMappingRow>(false));
}

}  // namespace relayna::control
