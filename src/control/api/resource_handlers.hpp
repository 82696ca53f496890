#pragma once

#include "control/api/memory_list.hpp"
#include "control/api/resource.hpp"

// What the usual operations of a resource do, each from its call to its answer.

namespace relayna::control {

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
  return core::fail(
      core::ErrorCode::managed_by_file,
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

/// What the database said of a unit that was to store `row`: a column that is taken, in terms of the body.
template <class R>
core::Result<Answer> told_of(const R& row, core::Result<Answer> answer, const Resource<R>& resource) {
  if (answer || answer.error().code != core::ErrorCode::conflict || answer.error().param.empty())
    return answer;
  if (!resource.taken)
    return std::unexpected(in_terms_of_fields(std::move(answer.error()), resource.shape->fields()));
  auto problem = resource.taken(row);
  return std::unexpected(
      core::Error(core::ErrorCode::conflict, std::move(problem.message)).with_param(std::move(problem.path)));
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
  Note note{
      resource.name() + '.' + verb, resource.name(), id_of(after != nullptr ? *after : *before), {}, {}};
  if (before != nullptr) note.before = resource.shape->show(*before, call.now);
  if (after != nullptr) note.after = resource.shape->show(*after, call.now);
  return note;
}

template <class R>
core::Result<Answer> list(store::Administration& store, Call& call, const Resource<R>& resource) {
  const auto fields = resource.shape->fields();
  auto query = read_list_query(call, fields, resource.search);
  check_cursor(call, query);
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
core::Result<Problems> wrong_beside_shape(const Call& call, const Resource<R>& resource) {
  return resource.check_body ? resource.check_body(call) : core::Result<Problems>();
}

template <class R>
core::Result<Answer> create(store::Administration& store, Call& call, const Resource<R>& resource) {
  const auto wrong = wrong_beside_shape(call, resource);
  if (!wrong) return std::unexpected(wrong.error());
  R row{};
  auto done = change(store, call, [&](store::Unit& unit, Note& note) -> core::Result<Answer> {
    row = R{};
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
  return told_of(row, std::move(done), resource);
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
  R row{};
  auto done = change_row(store, call, resource, [&](store::Unit& unit, Note& note) -> core::Result<Answer> {
    auto found = find_row(unit, call, resource);
    if (!found) return std::unexpected(std::move(found.error()));
    const R& before = *found;
    if (auto may = check_changeable(before, call, resource); !may)
      return std::unexpected(std::move(may.error()));
    row = before;
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
  return told_of(row, std::move(done), resource);
}

template <class R>
core::Result<Answer> patch(store::Administration& store, Call& call, const Resource<R>& resource) {
  const auto wrong = wrong_beside_shape(call, resource);
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

}  // namespace relayna::control
