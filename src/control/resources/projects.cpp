#include "control/api/add_resource.hpp"
#include "control/resources/common_fields.hpp"
#include "control/resources/dependents.hpp"
#include "control/resources/references.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

namespace {

using Test = store::Filter::Test;

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
    project
        .field("disabled", &domain::Project::disabled, flag(), Field::shown,
               "Declared once and gone from the configuration file.")
        .listed("disabled");
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
  auto& store = with.store.administration();
  projects.check_body = [&store](const Call& call) -> core::Result<Problems> {
    Problems problems;
    auto checked = check_id<domain::Team>(store, call.body, "team_id", "team", problems);
    if (!checked) return std::unexpected(std::move(checked.error()));
    return problems;
  };
  projects.before_remove = [](Change<domain::Project>& change) -> core::Result<void> {
    auto keys = change.unit.of<domain::VirtualKey>().find_all({{"project_id", Test::equals, change.row.id}});
    if (!keys) return std::unexpected(std::move(keys.error()));
    std::vector<std::string> uses;
    for (const auto& key : *keys) uses.push_back((key.revoked_at ? "revoked key " : "key ") + key.name);
    return refuse_while_used("Project " + change.row.name + " cannot be deleted", uses);
  };
  projects.goes_with = [](Change<domain::Project>& change) {
    return settings_gone_with(change.unit, change.call, "project", change.row.id);
  };
  add_resource(api, store, projects);
}

}  // namespace relayna::control
