#include "identity/audit.hpp"

#include "identity/token_secret.hpp"

namespace relayna::identity {

domain::AuditEvent own_audit_event(std::string_view action, std::string_view target_type,
                                   std::string target_id, core::SystemTime now) {
  domain::AuditEvent event;
  event.id = id_made_at(now);
  event.created_at = now;
  event.actor_name = "gateway";
  event.action = action;
  event.target_type = target_type;
  event.target_id = std::move(target_id);
  return event;
}

domain::AuditEvent audit_event(const domain::Operator& actor, const Visitor& visitor, std::string_view action,
                               std::string_view target_type, std::string target_id, core::SystemTime now) {
  auto event = own_audit_event(action, target_type, std::move(target_id), now);
  event.actor_id = actor.id;
  event.actor_name = actor.name;
  event.request_id = visitor.request_id;
  event.ip = visitor.address.to_string();
  event.user_agent = plain_text(visitor.user_agent);
  return event;
}

}  // namespace relayna::identity
