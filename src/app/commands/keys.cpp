#include "relayna/identity/keys.hpp"

#include <fmt/core.h>

#include "relayna/domain/policy.hpp"
#include "relayna/json/document.hpp"

#include "app/command_line.hpp"
#include "app/commands/commands.hpp"
#include "app/configured.hpp"
#include "app/store_setup.hpp"

namespace relayna::app {

namespace {

const store::Actor kActor{"cli"};

std::string state_name(const domain::VirtualKey& key, core::SystemTime now) {
  switch (domain::key_state(key, now)) {
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

json::Document shown(const domain::VirtualKey& key, core::SystemTime now) {
  const auto time = [](const std::optional<core::SystemTime>& t) {
    return t ? json::Document(core::to_rfc3339(*t)) : json::Document();
  };
  json::Document document;
  document["id"] = key.id;
  document["name"] = key.name;
  document["project_id"] = key.project_id.empty() ? json::Document() : json::Document(key.project_id);
  document["key_prefix"] = key.prefix;
  document["status"] = state_name(key, now);
  document["expires_at"] = time(key.expires_at);
  document["last_used_at"] = time(key.last_used_at);
  document["created_at"] = core::to_rfc3339(key.created_at);
  document["high_risk"] = !key.expires_at.has_value();
  return document;
}

/// Settings and an opened store, or the exit code of what went wrong.
struct Opened {
  int code = kOk;
  config::Settings settings;
  std::unique_ptr<store::Store> store;
};

Opened open_for(const KeyOptions& options) {
  Opened opened;
  auto settings = configured(options.overrides);
  if (!settings) {
    opened.code = kConfiguration;
    return opened;
  }
  opened.settings = std::move(*settings);
  opened.store = configured_store(opened.settings);
  if (opened.store == nullptr) opened.code = kFailed;
  return opened;
}

core::Result<std::string> project_id(store::Store& store, const std::string& wanted) {
  if (wanted.empty()) return std::string();
  auto rows = store.catalog().load();
  if (!rows) return std::unexpected(rows.error());
  for (const auto& project : rows->projects) {
    if (project.id == wanted || project.name == wanted) return project.id;
  }
  return core::fail(core::ErrorCode::not_found, fmt::format("--project: there is no project '{}'.", wanted));
}

/// The policy a new key starts with.
core::Result<domain::Policy> starting_policy(const std::string& preset) {
  if (preset.empty()) return domain::Policy{};
  auto policy = domain::preset(preset);
  if (!policy) {
    std::string names;
    for (const auto name : domain::preset_names()) names += (names.empty() ? "" : ", ") + std::string(name);
    return core::fail(core::ErrorCode::invalid_request,
                      fmt::format("--preset: '{}' is unknown; there are: {}.", preset, names));
  }
  return std::move(*policy);
}

int failed(const core::Error& error) {
  complain(error);
  return error.code == core::ErrorCode::invalid_request ? kUsage : kFailed;
}

}  // namespace

int keys_create(const KeyOptions& options) {
  auto opened = open_for(options);
  if (opened.code != kOk) return opened.code;
  std::optional<core::SystemTime> expires_at;
  if (!options.expires_at.empty()) {
    expires_at = core::parse_rfc3339(options.expires_at);
    if (!expires_at) {
      return failed(
          core::Error(core::ErrorCode::invalid_request,
                      fmt::format("--expires-at: '{}' is not RFC 3339, for example 2027-01-01T00:00:00Z.",
                                  options.expires_at)));
    }
  }
  auto policy = starting_policy(options.preset);
  if (!policy) return failed(policy.error());
  auto project = project_id(*opened.store, options.project);
  if (!project) return failed(project.error());
  auto keyring = identity::Keyring::open(opened.store->secrets(), master_key_source(opened.settings));
  if (!keyring) return failed(keyring.error());
  auto hasher = (*keyring)->hasher();
  const auto now = core::real_clock().wall();
  auto made = identity::new_virtual_key(options.name, *project, std::move(*policy), expires_at, now, hasher);
  if (auto stored = opened.store->keys().create(made.key, kActor); !stored) return failed(stored.error());

  if (options.json) {
    auto document = shown(made.key, now);
    document["key"] = made.secret.reveal();
    fmt::print("{}\n", json::dump(document));
  } else {
    fmt::print("{}\n", made.secret.reveal());
    fmt::print(stderr, "key {} ({}) created; its secret is shown only this once\n", options.name,
               made.key.id);
  }
  return kOk;
}

int keys_list(const KeyOptions& options) {
  auto opened = open_for(options);
  if (opened.code != kOk) return opened.code;
  auto keys = opened.store->keys().list();
  if (!keys) return failed(keys.error());
  const auto now = core::real_clock().wall();
  if (options.json) {
    auto all = json::Document::array();
    for (const auto& key : *keys) all.push_back(shown(key, now));
    fmt::print("{}\n", json::dump(json::Document{{"data", all}}));
    return kOk;
  }
  fmt::print("{:<36}  {:<16}  {:<9}  {:<24}  {}\n", "ID", "PREFIX", "STATUS", "EXPIRES", "NAME");
  for (const auto& key : *keys) {
    fmt::print("{:<36}  {:<16}  {:<9}  {:<24}  {}\n", key.id, key.prefix, state_name(key, now),
               key.expires_at ? core::to_rfc3339(*key.expires_at) : "never (high risk)", key.name);
  }
  return kOk;
}

int keys_revoke(const KeyOptions& options) {
  auto opened = open_for(options);
  if (opened.code != kOk) return opened.code;
  std::string id = options.id;
  auto by_name = opened.store->keys().find_by_name(options.id);
  if (!by_name) return failed(by_name.error());
  if (*by_name) id = (*by_name)->id;
  if (auto revoked = opened.store->keys().revoke(id, core::real_clock().wall(), kActor); !revoked)
    return failed(revoked.error());
  fmt::print("revoked {}\n", id);
  return kOk;
}

}  // namespace relayna::app
