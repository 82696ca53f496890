#include "control/live/playground_request.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "relayna/core/encoding.hpp"

#include "control/api/codec.hpp"

namespace relayna::control {

using json::Document;

namespace {

constexpr std::size_t kMostHeaders = 64;
constexpr std::size_t kMostPath = 4'096;
constexpr std::array<std::string_view, 6> kMethods{"POST", "GET", "PUT", "PATCH", "DELETE", "HEAD"};

/// Who calls is said by `key_id`, and how the message is framed by the gateway.
constexpr std::array<std::string_view, 13> kNotTaken{
    "authorization",         "x-api-key",  "x-goog-api-key", "api-key",
    "x-relayna-key",         "cookie",     "host",           "content-length",
    "transfer-encoding",     "connection", "expect",         "proxy-authorization",
    "x-relayna-worker-token"};

bool is_name(std::string_view name) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !name.empty() && name.size() <= 128 && std::ranges::all_of(name, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != marks.npos;
  });
}
bool is_value(std::string_view value) {
  return value.size() <= 8'192 &&
         std::ranges::none_of(value, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

void read_headers(const Document& given, http::Fields& fields, Problems& problems) {
  if (!given.is_object()) return problems.add("headers", "must be an object of texts");
  if (given.size() > kMostHeaders)
    return problems.add("headers",
                        fmt::format("has {} members; at most {} are taken", given.size(), kMostHeaders));
  for (const auto& [name, value] : given.items()) {
    const auto refused =
        std::ranges::any_of(kNotTaken, [&](auto known) { return core::iequals(known, name); });
    if (refused) {
      problems.add("headers." + name,
                   "cannot be set here: `key_id` says who calls, the gateway frames the message");
    } else if (!is_name(name)) {
      problems.add("headers." + name, "is not a name of a header");
    } else if (!value.is_string() || !is_value(value.get_ref<const std::string&>())) {
      problems.add("headers." + name, "must be a text without control characters, of at most 8192 bytes");
    } else {
      fields.add(name, value.get_ref<const std::string&>());
    }
  }
}

void read_path(const Document& given, std::string& target, Problems& problems) {
  const auto* path = given.get_ptr<const std::string*>();
  const bool fits = path != nullptr && path->starts_with('/') && path->size() <= kMostPath &&
                    std::ranges::all_of(*path, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (fits) {
    target = *path;
  } else {
    problems.add("path",
                 "must be a path of the proxy listener such as /v1/chat/completions, percent-encoded");
  }
}

/// The usage event says who really asked.
void tag(const Call& call, http::Fields& fields) {
  const std::string theirs(fields.get("x-relayna-tags"));
  fields.set("x-relayna-tags", fmt::format("playground,operator:{}{}{}", call.caller.operator_id,
                                           theirs.empty() ? "" : ",", theirs));
}

}  // namespace

core::Result<PlaygroundRequest> read_playground_request(Call& call) {
  PlaygroundRequest wanted;
  auto& problems = call.problems;
  wanted.head.method = "POST";
  for (const auto& [name, given] : call.body.items()) {
    if (name == "key_id") {
      uuid().read(given, wanted.key_id, name, problems);
    } else if (name == "path") {
      read_path(given, wanted.head.target, problems);
    } else if (name == "method") {
      if (given.is_string() &&
          std::ranges::find(kMethods, given.get_ref<const std::string&>()) != kMethods.end()) {
        wanted.head.method = given.get_ref<const std::string&>();
      } else {
        problems.add(name, fmt::format("must be one of: {}", fmt::join(kMethods, ", ")));
      }
    } else if (name == "headers") {
      read_headers(given, wanted.head.fields, problems);
    } else if (name == "body") {
      wanted.body = given.is_null()     ? std::string()
                    : given.is_string() ? given.get<std::string>()
                                        : json::dump(given);
    } else {
      problems.add(name, "is unknown; there are: key_id, path, method, headers, body");
    }
  }
  for (const char* name : {"key_id", "path"}) {
    if (!call.body.contains(name)) problems.add(name, "is required");
  }
  if (!problems.empty()) return std::unexpected(problems.error());
  wanted.head.fields.set("Host", "playground");
  if (!wanted.body.empty() && wanted.head.fields.count("content-type") == 0)
    wanted.head.fields.add("Content-Type", "application/json");
  tag(call, wanted.head.fields);
  return wanted;
}

Document playground_request_schema() {
  Document methods = Document::array();
  for (const auto method : kMethods) methods.push_back(std::string(method));
  return {
      {"type", "object"},
      {"additionalProperties", false},
      {"required", {"key_id", "path"}},
      {"properties",
       {{"key_id", {{"type", "string"}, {"format", "uuid"}, {"description", "The virtual key to act as."}}},
        {"path", {{"type", "string"}, {"description", "Of the proxy listener: `/v1/chat/completions`."}}},
        {"method", {{"type", "string"}, {"enum", std::move(methods)}, {"default", "POST"}}},
        {"headers", {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}}},
        {"body", {{"description", "Sent as JSON; a text is sent as it is."}}}}}};
}

}  // namespace relayna::control
