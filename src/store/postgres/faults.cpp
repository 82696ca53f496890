#include "store/postgres/faults.hpp"

#include <array>

#include <fmt/format.h>
#include <pqxx/except>

#include "store/checks.hpp"

namespace relayna::store::postgres {

namespace {

using core::ErrorCode;

/// Constraints a caller can violate, and the field that did it. The server's message names the constraint in
/// any language, and with terse verbosity it quotes no values.
struct ConstraintField {
  std::string_view constraint;
  std::string_view field;
};
constexpr std::array kConstraints{
    ConstraintField{"keys_previous_hash_unique", "previous_hash"},
    ConstraintField{"keys_hash_unique", "hash"},
    ConstraintField{"keys_name_unique", "name"},
    ConstraintField{"teams_name_unique", "name"},
    ConstraintField{"projects_name_unique", "name"},
    ConstraintField{"providers_name_unique", "name"},
    ConstraintField{"policy_layers_scope_unique", "scope_id"},
    ConstraintField{"credential_mappings_target_unique", "target_id"},
    ConstraintField{"limits_name_unique", "name"},
    ConstraintField{"price_overrides_unique", "model"},
    ConstraintField{"provider_credentials_name_unique", "name"},
    ConstraintField{"operators_previous_hash_unique", "previous_hash"},
    ConstraintField{"operators_hash_unique", "hash"},
    ConstraintField{"operators_name_unique", "name"},
    ConstraintField{"operators_email_unique", "email"},
    ConstraintField{"sessions_hash_unique", "hash"},
    ConstraintField{"usage_resets_counter_number_unique", "number"},
    ConstraintField{"alert_webhooks_name_unique", "name"},
    ConstraintField{"alert_deliveries_occasion_unique", "occasion"},
    ConstraintField{"models_pkey", "name"},
    ConstraintField{"route_settings_pkey", "route"},
    ConstraintField{"settings_pkey", "name"},
    ConstraintField{"provider_credentials_provider_fkey", "provider_id"},
    ConstraintField{"sessions_operator_fkey", "operator_id"},
    ConstraintField{"alert_deliveries_webhook_fkey", "webhook_id"},
    ConstraintField{"keys_project_fkey", "project_id"},
    ConstraintField{"projects_team_fkey", "team_id"},
    ConstraintField{"policy_layers_project_fkey", "scope_id"},
    ConstraintField{"policy_layers_team_fkey", "scope_id"},
    ConstraintField{"policy_layers_key_fkey", "scope_id"},
    ConstraintField{"credential_mappings_key_fkey", "target_id"},
    ConstraintField{"credential_mappings_project_fkey", "target_id"},
    ConstraintField{"limits_key_fkey", "target"},
    ConstraintField{"limits_project_fkey", "target"},
    ConstraintField{"limits_team_fkey", "target"},
};

std::string_view field_of(std::string_view message) {
  for (const auto& [constraint, field] : kConstraints) {
    if (message.contains(constraint)) return field;
  }
  return message.contains("_pkey") ? "id" : "reference";
}

/// The name of a check constraint (`keys_name_length`); it says what is wrong, so it may be shown.
std::string check_name(std::string_view message) {
  // "new row for relation "keys" violates check constraint "keys_name_length"": the last quoted word,
  // whatever the language and its quotation marks.
  constexpr std::string_view kWord = "abcdefghijklmnopqrstuvwxyz_";
  const std::size_t last = message.find_last_of('_');
  if (last == std::string_view::npos) return "a constraint";
  std::size_t begin = message.find_last_not_of(kWord, last);
  begin = begin == std::string_view::npos ? 0 : begin + 1;
  const std::size_t end = message.find_first_not_of(kWord, last);
  return std::string(message.substr(begin, end == std::string_view::npos ? end : end - begin));
}

core::Error error(ErrorCode code, std::string detail, std::string message = {}) {
  return core::Error(code, std::move(message), std::move(detail));
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

core::Error with_state(core::Error error, std::string_view state) {
  error.detail = fmt::format("SQLSTATE {}", state);
  return error;
}

}  // namespace

Fault fault_of_state(std::string_view state, std::string_view message) {
  const std::string_view group = state.substr(0, 2);
  const std::string detail = fmt::format("SQLSTATE {}", state);
  if (state == "23505") return {with_state(taken(field_of(message)), state)};
  if (state == "23503") return {with_state(dangling(field_of(message)), state)};
  if (state == "23514")
    return {error(ErrorCode::invalid_request, detail, "not allowed by " + check_name(message))};
  if (group == "23" || group == "22") return {error(ErrorCode::invalid_request, detail)};
  if (state == "40001" || state == "40P01") return {error(ErrorCode::store_unavailable, detail), false, true};
  // A plan or statement of this session that no longer fits (the schema changed, a pooler swapped sessions):
  // a new session has none.
  if (state == "0A000" || state == "26000") return {error(ErrorCode::store_unavailable, detail), true, true};
  if (state == "57014") return {took_too_long(detail)};
  if (state == "42P01" || state == "42703" || state == "3F000")
    return {error(ErrorCode::migrations_pending, detail,
                  "the database's schema is missing or older than this program")};
  if (state == "25006")  // a standby after a failover: the next connection may find the primary
    return {error(ErrorCode::store_unavailable, detail + " (the server is read-only)"), true};
  if (group == "08" || group == "57") return {error(ErrorCode::store_unavailable, detail), true};
  // Resources, operator's locks, I/O, rights, a missing database: someone has to act, then the same call
  // works.
  for (const std::string_view away : {"53", "55", "58", "28", "3D"}) {
    if (group == away) return {error(ErrorCode::store_unavailable, detail)};
  }
  if (state == "42501") return {error(ErrorCode::store_unavailable, detail + " (insufficient privilege)")};
  return {error(ErrorCode::internal_error, detail)};
}

Fault classify(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const pqxx::in_doubt_error&) {
    return {error(ErrorCode::store_unavailable,
                  "the connection was lost while committing; the outcome is unknown"),
            true};
  } catch (const pqxx::broken_connection& e) {
    return {error(ErrorCode::store_unavailable, first_line(e.what())), true};
  } catch (const pqxx::serialization_failure&) {
    return fault_of_state("40001", {});
  } catch (const pqxx::deadlock_detected&) {
    return fault_of_state("40P01", {});
  } catch (const pqxx::transaction_rollback&) {
    return {error(ErrorCode::store_unavailable, "the server rolled the transaction back")};
  } catch (const pqxx::sql_error& e) {
    if (e.sqlstate().empty())
      return {error(ErrorCode::store_unavailable, "the server did not answer in full"), true};
    return fault_of_state(e.sqlstate(), e.what());
  } catch (const std::exception& e) {
    // libpqxx's own complaints (usage, conversion) and the system's; they quote statements at most.
    return {error(ErrorCode::internal_error, first_line(e.what())), true};
  }
}

}  // namespace relayna::store::postgres
