#include "store/checks.hpp"

#include <fmt/format.h>

namespace relayna::store {

core::Error bad_id(std::string_view field) {
  return core::Error(core::ErrorCode::invalid_request, fmt::format("{} is not a UUID", field))
      .with_param(std::string(field));
}

core::Error bad_text(std::string_view field) {
  return core::Error(core::ErrorCode::invalid_request, fmt::format("{} is not well-formed text", field))
      .with_param(std::string(field));
}

core::Error taken(std::string_view field) {
  return core::Error(core::ErrorCode::conflict, fmt::format("this {} is taken", field))
      .with_param(std::string(field));
}

core::Error dangling(std::string_view field) {
  return core::Error(core::ErrorCode::invalid_request, fmt::format("{} refers to nothing that exists", field))
      .with_param(std::string(field));
}

core::Error missing(std::string_view kind) {
  return core::Error(core::ErrorCode::not_found, fmt::format("nothing in {} has this id", kind));
}

core::Error took_too_long(std::string detail) {
  return core::Error(core::ErrorCode::store_unavailable,
                     "The database took longer than its statement timeout; ask for less, or try again later.",
                     std::move(detail));
}

core::Error in_use(std::string_view kind) {
  return core::Error(core::ErrorCode::conflict,
                     fmt::format("{} refer to it: remove them or move them first", kind));
}

core::Error unreadable(std::string_view table, std::string_view id, std::string_view field) {
  return core::Error(core::ErrorCode::internal_error, {},
                     fmt::format("{} {}: {} is stored in a form this version cannot read", table, id, field));
}

std::optional<std::string> canonical_id(std::string_view id) {
  const auto uuid = core::Uuid::parse(id);
  if (!uuid) return std::nullopt;
  return uuid->str();
}

namespace {
/// `row` has key_id, project_id and team_id, each a UUID or empty.
core::Result<void> check_owners(const auto& row) {
  for (const auto& [field, id] : {std::pair{"key_id", &row.key_id}, std::pair{"project_id", &row.project_id},
                                  std::pair{"team_id", &row.team_id}}) {
    if (!id->empty() && !core::Uuid::parse(*id)) return std::unexpected(bad_id(field));
  }
  return {};
}
}  // namespace

core::Result<void> check_usage(const domain::UsageEvent& event) {
  if (!core::Uuid::parse(event.request_id)) return std::unexpected(bad_id("request_id"));
  return check_owners(event);
}

core::Result<void> check_balance(const BalanceQuery& query) {
  return check_owners(query);
}

core::Result<void> check_secret(const std::string& name, const std::string& value) {
  if (!storable(name)) return std::unexpected(bad_text("name"));
  if (!storable(value)) return std::unexpected(bad_text("value"));
  return {};
}

core::Error secret_changed() {
  return core::Error(core::ErrorCode::conflict, "the stored value is another one");
}

core::Result<domain::PolicyLayer> with_canonical_scope(domain::PolicyLayer layer) {
  using domain::LayerKind;
  if (layer.kind == LayerKind::project || layer.kind == LayerKind::team || layer.kind == LayerKind::key) {
    auto id = canonical_id(layer.scope_id);
    if (!id) return std::unexpected(bad_id("scope_id"));
    layer.scope_id = std::move(*id);
  }
  return layer;
}

core::Result<domain::Limit> with_canonical_target(domain::Limit limit) {
  using domain::LimitScope;
  const bool by_id =
      limit.scope == LimitScope::key || limit.scope == LimitScope::project || limit.scope == LimitScope::team;
  if (by_id && !limit.target.empty()) {
    auto id = canonical_id(limit.target);
    if (!id) return std::unexpected(bad_id("target"));
    limit.target = std::move(*id);
  }
  return limit;
}

core::Result<void> check_price(const domain::Price& price) {
  if (auto read = domain::price_from_json(domain::to_json(price)); !read)
    return std::unexpected(std::move(read.error().with_param("price")));
  return {};
}

domain::Session with_storable_texts(domain::Session session) {
  for (std::string* text : {&session.ip, &session.user_agent}) *text = made_storable(*text);
  return session;
}

domain::AuditEvent with_storable_texts(domain::AuditEvent event) {
  for (std::string* text : {&event.actor_name, &event.target_id, &event.before, &event.after,
                            &event.request_id, &event.ip, &event.user_agent})
    *text = made_storable(*text);
  return event;
}

}  // namespace relayna::store
