#include "control/api/resource.hpp"
#include "control/resources/common_fields.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

namespace {

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
  add_resource(api, with.store.administration(), teams);
}

}  // namespace relayna::control
