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
  std::string tag;        ///< heading in documents
  std::string one;        ///< `virtual key`
  const Shape<R>* shape = nullptr;
  std::string read_scope;
  std::string write_scope;
  std::string create_scope = {};      ///< empty: write_scope
  std::string search = {};            ///< column `q` looks into; empty: none
  ValuesOfFields filter_values = {};  ///< of conditions on fields whose schemas leave it open
  bool lists = true;
  bool creates = true;
  bool patches = true;
  bool removes = true;
  std::vector<ShownOnce> shown_once = {};  ///< by a creation
  Parent<R> parent = {};
  /// What is wrong with the body of a creation or patch beside its shape, and told with what that finds: what
  /// it refers to, addresses, dates. Before the unit begins, so it may read the store; the body may be
  /// anything yet.
  std::function<core::Result<Problems>(const Call&)> check_body = {};
  /// What to say of a row when the database has one like it already: a field, and what is taken. null: the
  /// database's own words, which name a column.
  std::function<Problem(const R&)> taken = {};
  /// What stands for a row of a fixed set that is not stored; a change stores it. nullopt: no such id.
  std::function<std::optional<R>(const std::string& id)> unstored = {};
  /// Rows that are not in the store and stand at the end of the list; they cannot be changed. `managed_by`
  /// says where they come from.
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

}  // namespace relayna::control
