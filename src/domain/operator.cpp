#include "relayna/domain/operator.hpp"

#include "relayna/domain/key.hpp"

namespace relayna::domain {

OperatorState operator_state(const Operator& who, core::SystemTime now) noexcept {
  if (who.revoked_at) return OperatorState::revoked;
  if (who.disabled) return OperatorState::disabled;
  if (who.expires_at && *who.expires_at <= now) return OperatorState::expired;
  return OperatorState::active;
}

std::string_view to_string(OperatorState state) noexcept {
  switch (state) {
    case OperatorState::active:
      return "active";
    case OperatorState::disabled:
      return "disabled";
    case OperatorState::revoked:
      return "revoked";
    case OperatorState::expired:
      return "expired";
  }
  return "unknown";
}

bool well_formed_operator_token(std::string_view text) noexcept {
  return well_formed_token(text, kOperatorTokenPrefix);
}

}  // namespace relayna::domain
