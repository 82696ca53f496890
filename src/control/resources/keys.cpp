#include "relayna/identity/keys.hpp"

#include <fmt/ranges.h>

#include "control/api/add_resource.hpp"
#include "control/resources/common_fields.hpp"
#include "control/resources/dependents.hpp"
#include "control/resources/expiry.hpp"
#include "control/resources/key_shape.hpp"
#include "control/resources/overlap.hpp"
#include "control/resources/policy_part.hpp"
#include "control/resources/references.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

namespace {

using domain::VirtualKey;

std::string_view state_name(domain::KeyState state) {
  switch (state) {
    case domain::KeyState::active:
      return "active";
    case domain::KeyState::disabled:
      return "disabled";
    case domain::KeyState::revoked:
      return "revoked";
    case domain::KeyState::expired:
      return "expired";
  }
  return "unknown";
}

json::Document preset_schema() {
  json::Document names = json::Document::array();
  for (const auto name : domain::preset_names()) names.push_back(std::string(name));
  return {{"type", "string"}, {"enum", std::move(names)}};
}

void apply_preset(const json::Document& given, VirtualKey& key, Problems& problems) {
  auto policy = given.is_string() ? domain::preset(given.get_ref<const std::string&>()) : std::nullopt;
  if (policy) {
    key.policy = std::move(*policy);
  } else {
    problems.add("preset", fmt::format("must be one of: {}", fmt::join(domain::preset_names(), ", ")));
  }
}

/// Those whose expiry is told, too (alerts/rules.cpp).
constexpr std::chrono::days kExpiring{7};

std::vector<FilterValue> expiry_or_none() {
  using store::Filter;
  return {
      {"true",
       [](core::SystemTime) -> std::vector<Filter> { return {{"expires_at", Filter::Test::is_null, {}}}; }},
      {"false", [](core::SystemTime) -> std::vector<Filter> {
         return {{"expires_at", Filter::Test::is_not_null, {}}};
       }}};
}

}  // namespace

const Shape<VirtualKey>& key_shape() {
  static const auto shape = [] {
    Shape<VirtualKey> key("VirtualKey", "What a client authenticates with.");
    add_id(key);
    key.field("name", &VirtualKey::name, text(1, kMostName), Field::required,
              "Unique among keys that are not revoked.")
        .listed("name", true);
    key.field("project_id", &VirtualKey::project_id, optional_uuid(), Field::settable,
              "null: an individual key.")
        .listed("project_id");
    key.field("key_prefix", &VirtualKey::prefix, text(0, 16), Field::shown,
              "The first characters of the key.")
        .listed("prefix");
    key.computed(
           "status", {{"type", "string"}, {"enum", {"active", "disabled", "revoked", "expired"}}},
           [](const VirtualKey& row, core::SystemTime now) -> json::Document {
             return std::string(state_name(domain::key_state(row, now)));
           },
           "Revoked goes before disabled, disabled before expired. Lists also know `expiring`: active, and "
           "expired within 7 days; they find a key that is disabled for being idle under `active`.")
        .listed_as(life_states_and_expiring(kExpiring));
    key.field("disabled", &VirtualKey::disabled, flag(), Field::settable, "").listed("disabled");
    key.field("revoked_at", &VirtualKey::revoked_at, optional_moment(), Field::shown, "For good.")
        .listed("revoked_at");
    key.field("expires_at", &VirtualKey::expires_at, optional_moment(), Field::settable,
              "null: never, which is high risk.")
        .listed("expires_at", true);
    key.computed(
           "high_risk", {{"type", "boolean"}},
           [](const VirtualKey& row, core::SystemTime) {
             return json::Document(!row.expires_at.has_value());
           },
           "It never expires.")
        .listed_as(expiry_or_none());
    key.field("rotation_due_at", &VirtualKey::rotation_due_at, optional_moment(), Field::settable,
              "A reminder.")
        .listed("rotation_due_at", true);
    key.field("previous_valid_until", &VirtualKey::previous_valid_until, optional_moment(), Field::shown,
              "Until when the secret before the last rotation is accepted.");
    key.field("last_used_at", &VirtualKey::last_used_at, optional_moment(), Field::shown,
              "Switching a key on after more than a day counts as a use, so that it is not idle at once.")
        .listed("last_used_at", true)
        .passes_by();
    key.input("preset", preset_schema(), apply_preset,
              "The policy to start from; `policy` is merged into it.");
    key.field("policy", &VirtualKey::policy, policy_codec(), Field::settable, "What it may do.");
    add_provenance(key);
    return key;
  }();
  return shape;
}

namespace {

core::Result<void> refuse_revoked(const VirtualKey& key) {
  if (!key.revoked_at) return {};
  return core::fail(core::ErrorCode::conflict, "This key is revoked, which is for good; create another one.");
}

const std::vector<ShownOnce> kSecretOnce{{"key", "The key itself. Shown in this answer and never again."}};

}  // namespace

void add_keys(Api& api, const Resources& with) {
  auto& store = with.store.administration();
  const auto* keyring = &with.keyring;
  Resource<VirtualKey> keys{.path = "keys",
                            .tag = "Virtual keys",
                            .one = "virtual key",
                            .shape = &key_shape(),
                            .read_scope = "keys:read",
                            .write_scope = "keys:write",

                            .search = "name",
                            .shown_once = kSecretOnce};
  keys.before_create = [keyring](Change<VirtualKey>& change) -> core::Result<void> {
    auto hasher = keyring->hasher();
    auto& key = change.row;
    const auto made = identity::new_virtual_key(key.name, key.project_id, {}, {}, change.call.now, hasher);
    key.hash = made.key.hash;
    key.prefix = made.key.prefix;
    change.once["key"] = made.secret.reveal();
    return {};
  };
  keys.check_body = [&store](const Call& call) -> core::Result<Problems> {
    Problems problems;
    auto checked = check_id<domain::Project>(store, call.body, "project_id", "project", problems);
    if (!checked) return std::unexpected(std::move(checked.error()));
    check_expiry(call, problems);
    return problems;
  };
  keys.goes_with = [](Change<VirtualKey>& change) {
    return settings_gone_with(change.unit, change.call, "key", change.row.id);
  };
  keys.before_update = [](Change<VirtualKey>& change) -> core::Result<void> {
    if (auto may = refuse_revoked(*change.before); !may) return may;
    count_version(change.row.policy, change.before->policy);
    if (change.before->disabled && !change.row.disabled) count_as_used(change.row, change.call.now);
    return {};
  };
  add_resource(api, store, keys);
  add_bulk_key_changes(api, store);
  add_key_presets(api);

  add_action<VirtualKey>(
      api, store, keys, "rotate", "Give a key a new secret", "keys:rotate",
      [keyring](Change<VirtualKey>& change) -> core::Result<void> {
        if (auto may = refuse_revoked(*change.before); !may) return may;
        const auto overlap = read_overlap(change.call);
        if (!change.call.problems.empty()) return std::unexpected(change.call.problems.error());
        auto hasher = keyring->hasher();
        change.once["key"] = identity::rotate(change.row, change.call.now, overlap, hasher).reveal();
        return {};
      },
      overlap_schema(),
      with_shown_once(shown_schema(key_shape().fields(), key_shape().about()), kSecretOnce));
  add_action<VirtualKey>(api, store, keys, "disable", "Switch a key off", "keys:write",
                         [](Change<VirtualKey>& change) -> core::Result<void> {
                           if (auto may = refuse_revoked(*change.before); !may) return may;
                           change.row.disabled = true;
                           return {};
                         });
  add_action<VirtualKey>(api, store, keys, "enable", "Switch a key on again", "keys:write",
                         [](Change<VirtualKey>& change) -> core::Result<void> {
                           if (auto may = refuse_revoked(*change.before); !may) return may;
                           switch_on(change.row, change.call.now);
                           return {};
                         });
  add_action<VirtualKey>(api, store, keys, "revoke", "End a key for good", "keys:write",
                         [](Change<VirtualKey>& change) -> core::Result<void> {
                           if (!change.row.revoked_at) change.row.revoked_at = change.call.now;
                           return {};
                         });
}

}  // namespace relayna::control
