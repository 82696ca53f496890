#pragma once

#include "control/api/resource_handlers.hpp"

// How a resource becomes operations of the API.

namespace relayna::control {

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
    listed.query = list_parameters(resource.shape->fields(), resource.search, resource.filter_values);
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
