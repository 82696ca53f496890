#include "relayna/json/document.hpp"

#include <utility>

#include <fmt/format.h>

#include "relayna/json/scan.hpp"

namespace relayna::json {

core::Result<Document> parse(std::string_view text) {
  // nlohmann has no depth limit, and readers of its documents recurse. Our own check refuses deep nesting
  // first and names the offset of every fault but a lone surrogate escape, which only nlohmann minds.
  if (auto valid = validate(text); !valid) return std::unexpected(std::move(valid.error()));
  try {
    return Document::parse(text);
  } catch (const Document::parse_error& e) {
    return core::fail(core::ErrorCode::invalid_json,
                      fmt::format("Invalid JSON at byte {}: not a character.", e.byte == 0 ? 0 : e.byte - 1),
                      e.what());
  } catch (const Document::exception& e) {  // a number no double can hold
    return core::fail(core::ErrorCode::invalid_json, "Invalid JSON: a number is out of range.", e.what());
  }
}

std::string dump(const Document& document) {
  return document.dump(-1, ' ', false, Document::error_handler_t::replace);
}

}  // namespace relayna::json
