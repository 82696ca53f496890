#include "control/api/resource.hpp"
#include "control/resources/common_fields.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

namespace {

const Shape<domain::Project>& project_shape() {
  static const auto shape = [] {
    Shape<domain::Project> project("Project", "What virtual keys belong to; it may belong to a team.");
    add_id(project);
    project.field("name", &domain::Project::name, text(1, kMostName), Field::required, "Unique.")
        .listed("name", true);
    project
        .field("team_id", &domain::Project::team_id, optional_uuid(), Field::settable,
               "The team; null for none.")
        .listed("team_id");
    project.field("disabled", &domain::Project::disabled, flag(), Field::shown,
                  "Declared once and gone from the configuration file.");
    add_provenance(project);
    return project;
  }();
  return shape;
}

}  // namespace

void add_projects(Api& api, const Resources& with) {
  Resource<domain::Project> projects{.path = "projects",
                                     .tag = "Projects",
                                     .one = "project",
                                     .shape = &project_shape(),
                                     .read_scope = "projects:read",
                                     .write_scope = "projects:write",
                                     .search = "name"};
  add_resource(api, with.store.administration(), projects);
}

}  // namespace relayna::control
