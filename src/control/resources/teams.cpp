#include "control/api/add_resource.hpp"
#include "control/resources/common_fields.hpp"
#include "control/resources/dependents.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

namespace {

using Test = store::Filter::Test;

const Shape<domain::Team>& team_shape() {
  static const auto shape = [] {
    Shape<domain::Team> team("Team", "Projects that are governed together.");
    add_id(team);
    team.field("name", &domain::Team::name, text(1, kMostName), Field::required, "Unique.")
        .listed("name", true);
    team.field("disabled", &domain::Team::disabled, flag(), Field::shown,
               "Declared once and gone from the configuration file.");
    add_provenance(team);
    return team;
  }();
  return shape;
}

}  // namespace

void add_teams(Api& api, const Resources& with) {
  Resource<domain::Team> teams{.path = "teams",
                               .tag = "Teams",
                               .one = "team",
                               .shape = &team_shape(),
                               .read_scope = "projects:read",
                               .write_scope = "projects:write",
                               .search = "name"};
  teams.before_remove = [](Change<domain::Team>& change) -> core::Result<void> {
    auto projects = change.unit.of<domain::Project>().find_all({{"team_id", Test::equals, change.row.id}});
    if (!projects) return std::unexpected(std::move(projects.error()));
    std::vector<std::string> uses;
    for (const auto& project : *projects) uses.push_back("project " + project.name);
    return refuse_while_used("Team " + change.row.name + " cannot be deleted", uses);
  };
  teams.goes_with = [](Change<domain::Team>& change) {
    return settings_gone_with(change.unit, change.call, "team", change.row.id);
  };
  add_resource(api, with.store.administration(), teams);
}

}  // namespace relayna::control
