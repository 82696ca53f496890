#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <pqxx/transaction_base>

#include "relayna/store/store.hpp"

namespace relayna::store::postgres {

inline constexpr const char* kChannel = "relayna_changes";

/// Counts the change and tells every listener when the transaction commits. Last in a mutation: the counter's
/// row is what mutations wait for each other on.
void publish(pqxx::transaction_base& on, std::string_view kind, const std::string& id, const Actor& actor);

/// What publish() said; nullopt for a notice that is not ours.
std::optional<Change> parse_notice(std::string_view payload);

}  // namespace relayna::store::postgres
