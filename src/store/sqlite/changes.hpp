#pragma once

#include <string>
#include <string_view>

#include "relayna/store/store.hpp"

#include "store/sqlite/connection.hpp"

namespace relayna::store::sqlite {

/// Counts the change and keeps what it was for those who poll. Within the mutation's transaction.
void publish(Connection& connection, std::string_view kind, std::string_view id, const Actor& actor);

std::int64_t read_revision(Connection& connection);

/// The changes after `since`, oldest first; a single one without kind when some of them are no longer kept.
std::vector<Change> changes_since(Connection& connection, std::int64_t since);

}  // namespace relayna::store::sqlite
