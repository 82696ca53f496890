#pragma once

#include <string>
#include <string_view>

#include "relayna/core/time.hpp"
#include "relayna/domain/operator.hpp"
#include "relayna/identity/operator_auth.hpp"

namespace relayna::identity {

/// What an operator did to itself or to `target_id`.
domain::AuditEvent audit_event(const domain::Operator& actor, const Visitor& visitor, std::string_view action,
                               std::string_view target_type, std::string target_id, core::SystemTime now);

/// What the gateway did by itself.
domain::AuditEvent own_audit_event(std::string_view action, std::string_view target_type,
                                   std::string target_id, core::SystemTime now);

}  // namespace relayna::identity
