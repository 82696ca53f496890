#pragma once

#include <string>
#include <vector>

#include "control/api/api.hpp"
#include "control/api/shape.hpp"

namespace relayna::control {

/// A member of one answer only, such as a new secret.
struct ShownOnce {
  std::string name;
  std::string about;
};

/// JSON Schemas (2020-12) of a shape: as it is shown, and as bodies that create or patch it.
json::Document shown_schema(const std::vector<FieldInfo>& fields, const std::string& about);
json::Document create_schema(const std::vector<FieldInfo>& fields);
json::Document patch_schema(const std::vector<FieldInfo>& fields);
/// What a creation or an action answers: the row, and what is shown once.
json::Document with_shown_once(json::Document shown, const std::vector<ShownOnce>& once);

/// An object with the given properties, all of which are there.
json::Document object_schema(json::Document properties);
json::Document array_of(json::Document items);
/// The same schema, or null.
json::Document nullable(json::Document schema);

template <class R>
void add_schemas(Api& api, const Shape<R>& shape, bool creates, bool patches) {
  const auto fields = shape.fields();
  api.add_schema(shape.name(), shown_schema(fields, shape.about()));
  if (creates) api.add_schema(shape.name() + "Create", create_schema(fields));
  if (patches) api.add_schema(shape.name() + "Patch", patch_schema(fields));
}

}  // namespace relayna::control
