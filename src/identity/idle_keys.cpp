#include "relayna/identity/idle_keys.hpp"

#include <algorithm>
#include <unordered_map>

#include "relayna/domain/effective_policy.hpp"
#include "relayna/json/document.hpp"

#include "identity/audit.hpp"

namespace relayna::identity {
namespace {

using domain::VirtualKey;

/// A replica reports what it used every few seconds, and tries again while the store is away. Until this long
/// after the last day a key is refused by those who know, but not written off.
constexpr std::chrono::minutes kReportedLate{10};

/// Who has been idle for too long by the policies in force.
class IdleRule {
 public:
  IdleRule(const store::CatalogRows& rows, core::SystemTime now) : now_(now - kReportedLate) {
    for (const auto& project : rows.projects) teams_.emplace(project.id, project.team_id);
    std::ranges::copy_if(rows.layers, std::back_inserter(layers_), [](const domain::PolicyLayer& layer) {
      return layer.policy.unused_key_auto_disable_after_days.has_value();
    });
  }

  /// The days after which an idle key is disabled; nullopt: it is not to be.
  [[nodiscard]] std::optional<std::int64_t> broken_by(const VirtualKey& key) const {
    if (key.disabled || key.revoked_at || key.managed_by == "file") return std::nullopt;
    const auto days = allowed_days(key);
    if (!domain::idle_too_long(days, key.last_used_at, key.created_at, now_)) return std::nullopt;
    return days;
  }

 private:
  [[nodiscard]] std::optional<std::int64_t> allowed_days(const VirtualKey& key) const {
    if (layers_.empty()) return key.policy.unused_key_auto_disable_after_days;
    const auto team = teams_.find(key.project_id);
    const domain::PolicyScope scope{.project_id = key.project_id,
                                    .team_id = team == teams_.end() ? std::string_view() : team->second,
                                    .route = {},
                                    .model = {},
                                    .key_id = key.id};
    return domain::compute(layers_, key.policy, scope).policy.unused_key_auto_disable_after_days;
  }

  core::SystemTime now_;
  std::vector<domain::PolicyLayer> layers_;             ///< those that name days
  std::unordered_map<std::string, std::string> teams_;  ///< by project
};

/// Whether the key was disabled: it may have been used, changed or removed since it was listed.
core::Result<bool> disable_if_idle(store::Administration& store, const IdleRule& rule, const std::string& id,
                                   core::SystemTime now) {
  bool disabled = false;
  auto done = store.change([&](store::Unit& unit) -> core::Result<void> {
    disabled = false;
    auto key = unit.of<VirtualKey>().find(id);
    if (!key) return std::unexpected(std::move(key.error()));
    const auto days = *key ? rule.broken_by(**key) : std::nullopt;
    if (!days) return {};
    (*key)->disabled = true;
    (*key)->updated_at = now;
    if (auto updated = unit.of<VirtualKey>().update(**key); !updated) return updated;
    auto event = own_audit_event("keys.disable", "keys", id, now);
    event.before = json::dump({{"disabled", false}});
    event.after = json::dump({{"disabled", true}, {"unused_key_auto_disable_after_days", *days}});
    disabled = true;
    return unit.record(event);
  });
  if (!done) return std::unexpected(std::move(done.error()));
  return disabled;
}

}  // namespace

core::Result<std::vector<std::string>> disable_idle_keys(store::Store& store, core::SystemTime now,
                                                         std::size_t at_most) {
  auto rows = store.catalog().load();
  if (!rows) return std::unexpected(std::move(rows.error()));
  auto keys = store.keys().list();
  if (!keys) return std::unexpected(std::move(keys.error()));
  const IdleRule rule(*rows, now);
  std::vector<std::string> disabled;
  for (const VirtualKey& key : *keys) {
    if (disabled.size() == at_most) break;
    if (!rule.broken_by(key)) continue;
    auto done = disable_if_idle(store.administration(), rule, key.id, now);
    if (!done) return std::unexpected(std::move(done.error()));
    if (*done) disabled.push_back(key.id);
  }
  return disabled;
}

}  // namespace relayna::identity
