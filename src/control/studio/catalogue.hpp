#pragma once

#include <string_view>

#include "relayna/core/result.hpp"
#include "relayna/json/document.hpp"

namespace relayna::control {

/// What Studio offers, as previews of services that may be imported.
struct StudioCatalogue {
  json::Document services = json::Document::array();  ///< each with the `import_request` that imports it
  json::Document invalid = json::Document::array();   ///< `{index, studio_service_id, problems}`
};

/// Reads Studio's answer: an object with a `services` list, or the list itself. Entries that cannot be used
/// are told apart and keep nobody else out. studio_unavailable when it is no such list, or when it has
/// entries and none can be used.
core::Result<StudioCatalogue> read_studio_catalogue(std::string_view body);

/// `Invoice OCR (v2)` becomes `invoice-ocr-v2`: letters, digits and single dashes, at most 64.
std::string service_name_from(std::string_view text);

json::Document studio_service_schema();
json::Document invalid_studio_service_schema();

}  // namespace relayna::control
