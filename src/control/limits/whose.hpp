#pragma once

#include <map>
#include <optional>
#include <string>

#include "relayna/domain/limit_rules.hpp"
#include "relayna/store/administration.hpp"

#include "control/api/operation.hpp"

namespace relayna::control {

/// Which counter of a limit is meant, where each one has the limit by itself: `key_id`, `project_id`,
/// `team_id`, `end_user`, as far as given.
using Whose = std::map<std::string, std::string, std::less<>>;

Whose take_whose(Query& query);
/// Whether `name` is one of them; its value then.
bool read_whose(const std::string& name, const json::Document& given, Whose& whose, Problems& problems);
std::vector<Parameter> whose_parameters();

/// The counter of `limit`; what is missing, too much or of nobody is a problem. Blocks.
core::Result<std::optional<domain::LimitedScope>> counter_meant(store::Administration& store,
                                                                const domain::Limit& limit,
                                                                const Whose& whose, Problems& problems);

}  // namespace relayna::control
