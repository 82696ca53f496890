#include "control/api/request_body.hpp"

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"
#include "relayna/json/unambiguous.hpp"

namespace relayna::control {

namespace {

bool is_json(const Call& call, std::string_view media) {
  return media.empty() || core::iequals(media, "application/json") ||
         (call.operation->method == "PATCH" && core::iequals(media, "application/merge-patch+json"));
}

core::Result<void> refuse_body(Call& call) {
  const auto given = json::parse(call.raw_body);
  if (!given || !given->is_object())
    return core::fail(core::ErrorCode::invalid_request, "This request takes no body.");
  for (const auto& [name, value] : given->items())
    call.problems.add(name, "is unknown: this request takes no body");
  if (call.problems.empty()) return {};
  return std::unexpected(call.problems.error());
}

}  // namespace

core::Result<void> read_body(Call& call, std::string_view content_type) {
  const auto& wanted = call.operation->request;
  if (wanted.is_null()) return core::trim(call.raw_body).empty() ? core::Result<void>() : refuse_body(call);
  if (call.raw_body.empty()) {
    if (wanted.contains("x-optional")) return {};
    return core::fail(core::ErrorCode::invalid_json, "The request needs a JSON body.");
  }
  const auto media = core::trim(content_type.substr(0, content_type.find(';')));
  if (!is_json(call, media)) {
    return core::fail(core::ErrorCode::unsupported_media_type,
                      fmt::format("The body is {}; send application/json.", media));
  }
  auto parsed = json::parse_unambiguous(call.raw_body);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  if (!parsed->is_object())
    return core::fail(core::ErrorCode::invalid_request, "The body must be a JSON object.");
  call.body = std::move(*parsed);
  return {};
}

}  // namespace relayna::control
