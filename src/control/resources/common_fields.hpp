#pragma once

#include "control/api/shape.hpp"
#include "control/api/subject.hpp"

namespace relayna::control {

inline constexpr std::size_t kMostName = 120;  ///< R:control 5.5, 5.6

/// `id`, first in every row that has one.
template <class R>
void add_id(Shape<R>& shape) {
  shape.field(
           "id", [](auto& row) -> auto& { return subject(row).id; }, uuid(), Field::shown, "")
      .listed("id");
}

/// `managed_by`, `created_at`, `updated_at`, last in every row.
template <class R>
void add_provenance(Shape<R>& shape) {
  if constexpr (requires(R row) { subject(row).managed_by; }) {
    shape
        .field(
            "managed_by", [](auto& row) -> auto& { return subject(row).managed_by; }, optional_text(64),
            Field::shown, "`file` when the configuration file declares it: it is changed there.")
        .listed("managed_by");
  }
  shape
      .field(
          "created_at", [](auto& row) -> auto& { return subject(row).created_at; }, moment(), Field::shown,
          "")
      .listed("created_at", true);
  shape
      .field(
          "updated_at", [](auto& row) -> auto& { return subject(row).updated_at; }, moment(), Field::shown,
          "")
      .listed("updated_at", true);
}

}  // namespace relayna::control
