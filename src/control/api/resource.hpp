#pragma once

#include <functional>
#include <string>
#include <vector>

#include "control/api/api.hpp"
#include "control/api/changes.hpp"
#include "control/api/lists.hpp"
#include "control/api/schemas.hpp"
#include "control/api/shape.hpp"
#include "control/api/subject.hpp"

namespace relayna::control {

/// A row about to be written, and what the rules of its resource may look at and add.
template <class R>
struct Change {
  Call& call;
  store::Unit& unit;
  R& row;                                          ///< as it will be stored
  const R* before;                                 ///< null: it is new
  json::Document once = json::Document::object();  ///< shown in this answer only: a new secret
};

/// Rows below another: `/admin/providers/{provider_id}/credentials`.
template <class R>
struct Parent {
  std::string segment;  ///< `provider_id`, as the path of the resource names it; empty: there is no parent
  std::string column;
  std::function<std::string&(R&)> id = {};
};

/// What operators do with rows of one kind. The usual operations follow from the shape; what is particular
/// stands in the hooks and in `action`s.
template <class R>
struct Resource {
  using Hook = std::function<core::Result<void>(Change<R>&)>;

  std::string path;       ///< `keys`: /admin/keys
  std::string kind = {};  ///< target_type of audit rows and beginning of operation ids; empty: the path
  std::string tag;   ///< heading in documents
  std::string one;   ///< `virtual key`
  const Shape<R>* shape = nullptr;
  std::string read_scope;
  std::string write_scope;
  std::string create_scope = {};  ///< empty: write_scope
  std::string search = {};        ///< column `q` looks into; empty: none
  bool lists = true;
  bool creates = true;
  bool patches = true;
  bool removes = true;
  std::vector<ShownOnce> shown_once = {};  ///< by a creation
  Parent<R> parent = {};
  /// What is wrong with what a creation or patch refers to; told with what the shape finds. Before the unit
  /// begins, so it may read the store; the body may be anything yet.
  std::function<core::Result<Problems>(const Call&)> check_references = {};
  /// What stands for a row of a fixed set that is not stored; a change stores it. nullopt: no such id.
  std::function<std::optional<R>(const std::string& id)> unstored = {};
  /// Rows that are not in the store and stand at the end of the list; they cannot be changed. `managed_by` says
  /// where they come from.
  std::function<std::vector<R>(store::Administration&)> elsewhere = {};
  Hook before_create = {};  ///< may set what callers do not: references, secrets
  Hook before_update = {};
  Hook before_remove = {};
  /// What goes with a removed row, which is still there: their audit rows are recorded after its own.
  std::function<core::Result<std::vector<Note>>(Change<R>&)> goes_with = {};

  [[nodiscard]] std::string collection() const { return "/admin/" + path; }
  [[nodiscard]] std::string item() const { return collection() + "/{id}"; }
  [[nodiscard]] const std::string& name() const { return kind.empty() ? path : kind; }
  [[nodiscard]] std::string location(const Call& call, const std::string& id) const {
    auto at = collection() + '/' + path_segment(id);
    const auto segment = '{' + parent.segment + '}';
    if (!parent.segment.empty()) at.replace(at.find(segment), segment.size(), call.at(parent.segment));
    return at;
  }
  /// Whether the row stands below what the path names.
  [[nodiscard]] bool belongs(R& row, const Call& call) const {
    return parent.segment.empty() || parent.id(row) == call.at(parent.segment);
  }
};

namespace resource_detail {

/// What was found below what the path names, or what stands for it.
template <class R>
std::optional<R> standing(std::optional<R> found, const Call& call, const Resource<R>& resource) {
  if (found && resource.belongs(*found, call)) return found;
  return resource.unstored ? resource.unstored(call.at("id")) : std::nullopt;
}

template <class R>
std::optional<R> find_elsewhere(store::Administration& store, const Call& call, const Resource<R>& resource) {
  if (!resource.elsewhere) return std::nullopt;
  for (auto& row : resource.elsewhere(store)) {
    if (id_of(row) == call.at("id")) return std::move(row);
  }
  return std::nullopt;
}

template <class R>
std::unexpected<core::Error> no_such(const Resource<R>& resource) {
  return core::fail(core::ErrorCode::not_found, "There is no " + resource.one + " with this id.");
}

template <class R>
core::Result<R> find_row(store::Unit& unit, const Call& call, const Resource<R>& resource) {
  auto found = unit.of<R>().find(call.at("id"));
  if (!found) return std::unexpected(std::move(found.error()));
  auto row = standing(std::move(*found), call, resource);
  if (row) return std::move(*row);
  return no_such(resource);
}

/// `change()` of a row that exists: one that is not in the store cannot be changed, and why is said.
template <class R>
core::Result<Answer> change_row(store::Administration& store, Call& call, const Resource<R>& resource,
                                const std::function<core::Result<Answer>(store::Unit&, Note&)>& work) {
  auto done = change(store, call, work);
  if (done || done.error().code != core::ErrorCode::not_found || !find_elsewhere(store, call, resource))
    return done;
  return core::fail(core::ErrorCode::managed_by_file,
                    "This " + resource.one +
                        " comes from the environment of the process; change it there, or create one of the same "
                        "name, which goes before it.");
}

/// Replaces the row, or stores the first one of its id.
template <class R>
core::Result<void> write_row(store::Unit& unit, const R& row, const Resource<R>& resource) {
  auto written = unit.of<R>().update(row);
  if (!written && resource.unstored && written.error().code == core::ErrorCode::not_found)
    return unit.of<R>().insert(row);
  return written;
}

template <class R>
core::Result<void> check_changeable(const R& row, const Call& call, const Resource<R>& resource) {
  if (managed_by_file(row)) {
    return core::fail(core::ErrorCode::managed_by_file,
                      "This " + resource.one + " is declared in the configuration file; change it there.");
  }
  return check_if_match(call, etag_of(resource.shape->lasting(row)));
}

template <class R>
Answer show_row(const R& row, const Call& call, const Resource<R>& resource) {
  Answer answer;
  answer.body = resource.shape->show(row, call.now);
  answer.headers.emplace_back("ETag", etag_of(resource.shape->lasting(row)));
  return answer;
}

template <class R>
Note note_of(const Resource<R>& resource, const std::string& verb, const Call& call, const R* before,
             const R* after) {
  Note note{resource.name() + '.' + verb, resource.name(), id_of(after != nullptr ? *after : *before), {}, {}};
  if (before != nullptr) note.before = resource.shape->show(*before, call.now);
  if (after != nullptr) note.after = resource.shape->show(*after, call.now);
  return note;
}

template <class R>
core::Result<Answer> list(store::Administration& store, Call& call, const Resource<R>& resource) {
  const auto fields = resource.shape->fields();
  auto query = read_list_query(call, fields, resource.search);
  call.query.finish(call.problems);
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  if (!resource.parent.segment.empty()) {
    query.where.push_back(
        {resource.parent.column, store::Filter::Test::equals, call.at(resource.parent.segment)});
  }
  auto page = store.of<R>().list(query);
  if (!page) return std::unexpected(in_terms_of_fields(std::move(page.error()), fields));
  json::Document data = json::Document::array();
  for (const auto& row : page->rows) data.push_back(resource.shape->show(row, call.now));
  if (page->next.empty() && resource.elsewhere) {
    for (const auto& row : resource.elsewhere(store)) {
      auto shown = resource.shape->show(row, call.now);
      if (meets(shown, query, fields)) data.push_back(std::move(shown));
    }
  }
  Answer answer;
  answer.body = page_document(std::move(data), page->next);
  return answer;
}

template <class R>
core::Result<Answer> get(store::Administration& store, Call& call, const Resource<R>& resource) {
  auto found = store.of<R>().get(call.at("id"));
  if (!found) return std::unexpected(std::move(found.error()));
  auto row = standing(std::move(*found), call, resource);
  if (!row) row = find_elsewhere(store, call, resource);
  if (!row) return no_such(resource);
  auto answer = show_row(*row, call, resource);
  if (!call.if_none_match.empty() && call.if_none_match == answer.headers.front().second) {
    answer.status = 304;
    answer.body = nullptr;
  }
  return answer;
}

template <class R>
core::Result<Problems> wrong_references(const Call& call, const Resource<R>& resource) {
  return resource.check_references ? resource.check_references(call) : core::Result<Problems>();
}

template <class R>
core::Result<Answer> create(store::Administration& store, Call& call, const Resource<R>& resource) {
  const auto wrong = wrong_references(call, resource);
  if (!wrong) return std::unexpected(wrong.error());
  return change(store, call, [&](store::Unit& unit, Note& note) -> core::Result<Answer> {
    R row{};
    if constexpr (requires { subject(row).id; }) subject(row).id = Call::new_id();
    stamp_created(row, call.now);
    if (!resource.parent.segment.empty()) resource.parent.id(row) = call.at(resource.parent.segment);
    resource.shape->create(call.body, row, call.problems);
    call.problems.add_missing(*wrong);
    if (!call.problems.empty()) return std::unexpected(call.problems.error());
    Change<R> change{call, unit, row, nullptr};
    if (resource.before_create) {
      if (auto ready = resource.before_create(change); !ready)
        return std::unexpected(std::move(ready.error()));
    }
    if (auto stored = unit.of<R>().insert(row); !stored) return std::unexpected(std::move(stored.error()));
    note = note_of<R>(resource, "create", call, nullptr, &row);
    auto answer = show_row(row, call, resource);
    answer.status = 201;
    answer.headers.emplace_back("Location", resource.location(call, id_of(row)));
    answer.once = std::move(change.once);
    return answer;
  });
}

template <class R>
bool changes_a_secret(const Call& call, const Shape<R>& shape) {
  if (!call.body.is_object()) return false;
  for (const auto& field : shape.fields()) {
    if (!field.visible() && call.body.contains(field.name)) return true;
  }
  return false;
}

/// Finds, checks, alters by `alter`, stores. Nothing is written or told when nothing changed.
template <class R>
core::Result<Answer> alter(store::Administration& store, Call& call, const Resource<R>& resource,
                           const std::string& verb,
                           const std::function<core::Result<void>(Change<R>&)>& work) {
  return change_row(store, call, resource, [&](store::Unit& unit, Note& note) -> core::Result<Answer> {
    auto found = find_row(unit, call, resource);
    if (!found) return std::unexpected(std::move(found.error()));
    const R& before = *found;
    if (auto may = check_changeable(before, call, resource); !may)
      return std::unexpected(std::move(may.error()));
    R row = before;
    Change<R> change{call, unit, row, &before};
    if (auto altered = work(change); !altered) return std::unexpected(std::move(altered.error()));
    const bool same = resource.shape->lasting(row) == resource.shape->lasting(before) &&
                      change.once.empty() && !changes_a_secret(call, *resource.shape);
    if (!same) {
      stamp_updated(row, call.now);
      if (auto stored = write_row(unit, row, resource); !stored)
        return std::unexpected(std::move(stored.error()));
      note = note_of<R>(resource, verb, call, &before, &row);
    }
    auto answer = show_row(row, call, resource);
    answer.once = std::move(change.once);
    return answer;
  });
}

template <class R>
core::Result<Answer> patch(store::Administration& store, Call& call, const Resource<R>& resource) {
  const auto wrong = wrong_references(call, resource);
  if (!wrong) return std::unexpected(wrong.error());
  return alter<R>(store, call, resource, "update", [&](Change<R>& change) -> core::Result<void> {
    resource.shape->patch(call.body, change.row, call.problems);
    call.problems.add_missing(*wrong);
    if (!call.problems.empty()) return std::unexpected(call.problems.error());
    return resource.before_update ? resource.before_update(change) : core::Result<void>{};
  });
}

template <class R>
core::Result<Answer> remove(store::Administration& store, Call& call, const Resource<R>& resource) {
  return change_row(store, call, resource, [&](store::Unit& unit, Note& note) -> core::Result<Answer> {
    auto found = find_row(unit, call, resource);
    if (!found) return std::unexpected(std::move(found.error()));
    if (auto may = check_changeable(*found, call, resource); !may)
      return std::unexpected(std::move(may.error()));
    const R before = *found;
    Change<R> change{call, unit, *found, &before};
    if (resource.before_remove) {
      if (auto ready = resource.before_remove(change); !ready)
        return std::unexpected(std::move(ready.error()));
    }
    auto gone_with = resource.goes_with ? resource.goes_with(change) : core::Result<std::vector<Note>>();
    if (!gone_with) return std::unexpected(std::move(gone_with.error()));
    if (auto removed = unit.of<R>().remove(call.at("id")); !removed)
      return std::unexpected(std::move(removed.error()));
    note = note_of<R>(resource, "delete", call, &before, nullptr);
    note.also = std::move(*gone_with);
    Answer answer;
    answer.status = 204;
    return answer;
  });
}

}  // namespace resource_detail

namespace resource_detail {

/// What all operations of a resource have in common; `run` takes the store, the call and the resource.
template <class R, class Run>
Operation operation(store::Administration& store, const Resource<R>& resource, std::string method,
                    std::string path, std::string verb, std::string summary, Run run) {
  Operation made;
  made.method = std::move(method);
  made.path = std::move(path);
  made.id = resource.name() + '.' + verb;
  made.summary = std::move(summary);
  made.tag = resource.tag;
  made.scope = resource.write_scope;
  made.response = reference(resource.shape->name());
  made.run = Operation::Blocking([&store, resource, run](Call& call) { return run(store, call, resource); });
  return made;
}

}  // namespace resource_detail

/// Adds list and get, and the schemas: all there is for rows that only the gateway writes.
template <class R>
void add_readings(Api& api, store::Administration& store, const Resource<R>& resource) {
  namespace detail = resource_detail;
  add_schemas(api, *resource.shape, resource.creates, resource.patches);
  if (resource.lists) {
    auto listed = detail::operation(store, resource, "GET", resource.collection(), "list",
                                    "List each " + resource.one, detail::list<R>);
    listed.scope = resource.read_scope;
    listed.query = list_parameters(resource.shape->fields(), resource.search);
    listed.response = page_schema(resource.shape->name());
    api.add(std::move(listed));
  }

  auto got = detail::operation(store, resource, "GET", resource.item(), "get", "Get a " + resource.one,
                               detail::get<R>);
  got.scope = resource.read_scope;
  got.errors = {core::ErrorCode::not_found};
  api.add(std::move(got));
}

/// Adds list, get, create, patch and delete, as far as the resource has them, and its schemas.
template <class R>
void add_resource(Api& api, store::Administration& store, const Resource<R>& resource) {
  namespace detail = resource_detail;
  const auto operation = [&](std::string method, std::string path, std::string verb, std::string summary,
                             auto run) {
    return detail::operation(store, resource, std::move(method), std::move(path), std::move(verb),
                             std::move(summary), run);
  };
  add_readings(api, store, resource);

  if (resource.creates) {
    auto created =
        operation("POST", resource.collection(), "create", "Create a " + resource.one, detail::create<R>);
    if (!resource.create_scope.empty()) created.scope = resource.create_scope;
    created.status = 201;
    created.request = reference(resource.shape->name() + "Create");
    created.response =
        with_shown_once(shown_schema(resource.shape->fields(), resource.shape->about()), resource.shown_once);
    created.errors = {core::ErrorCode::conflict, core::ErrorCode::idempotency_conflict};
    if (!resource.parent.segment.empty()) created.errors.push_back(core::ErrorCode::not_found);
    api.add(std::move(created));
  }
  if (resource.patches) {
    auto patched =
        operation("PATCH", resource.item(), "update", "Change a " + resource.one, detail::patch<R>);
    patched.request = reference(resource.shape->name() + "Patch");
    patched.errors = {core::ErrorCode::not_found, core::ErrorCode::conflict,
                      core::ErrorCode::precondition_failed, core::ErrorCode::managed_by_file};
    api.add(std::move(patched));
  }
  if (resource.removes) {
    auto removed =
        operation("DELETE", resource.item(), "delete", "Delete a " + resource.one, detail::remove<R>);
    removed.status = 204;
    removed.response = nullptr;
    removed.errors = {core::ErrorCode::not_found, core::ErrorCode::conflict,
                      core::ErrorCode::precondition_failed, core::ErrorCode::managed_by_file};
    api.add(std::move(removed));
  }
}

/// Adds `POST /admin/<path>/{id}/<verb>`, which needs no body unless `request` says so.
template <class R>
void add_action(Api& api, store::Administration& store, const Resource<R>& resource, std::string verb,
                std::string summary, std::string scope, typename Resource<R>::Hook work,
                json::Document request = nullptr, json::Document response = nullptr) {
  Operation made;
  made.method = "POST";
  made.path = resource.item() + '/' + verb;
  made.id = resource.name() + '.' + verb;
  made.summary = std::move(summary);
  made.tag = resource.tag;
  made.scope = std::move(scope);
  made.request = std::move(request);
  made.response = response.is_null() ? reference(resource.shape->name()) : std::move(response);
  made.errors = {core::ErrorCode::not_found, core::ErrorCode::conflict, core::ErrorCode::precondition_failed,
                 core::ErrorCode::managed_by_file, core::ErrorCode::idempotency_conflict};
  made.run =
      Operation::Blocking([&store, resource, verb = std::move(verb), work = std::move(work)](Call& call) {
        return resource_detail::alter<R>(store, call, resource, verb, work);
      });
  api.add(std::move(made));
}

}  // namespace relayna::control
