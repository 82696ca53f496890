#include "relayna/domain/passthrough.hpp"

#include <algorithm>

#include "relayna/json/document.hpp"

#include "domain/settings_reader.hpp"

namespace relayna::domain {

namespace {

constexpr std::size_t kMostPaths = 64;
constexpr std::size_t kMostMethods = 16;
constexpr std::int64_t kMostTimeoutMs = 600'000;
constexpr std::int64_t kMostBodyBytes = 100LL * 1024 * 1024;

bool is_path_pattern(std::string_view text) {
  const bool printable = std::ranges::all_of(text, [](char c) { return c > ' ' && c != 0x7f; });
  const auto star = text.find('*');
  return text.starts_with('/') && printable && !text.contains("..") &&
         (star == std::string_view::npos || star + 1 == text.size());
}

bool is_method(std::string_view text) {
  return !text.empty() && text.size() <= 32 &&
         std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

bool LitellmPassthrough::allows(std::string_view method, std::string_view path) const noexcept {
  if (!enabled || std::ranges::find(allowed_methods, method) == allowed_methods.end()) return false;
  return std::ranges::any_of(allowed_paths, [path](std::string_view pattern) {
    if (!pattern.ends_with('*')) return path == pattern;
    return path.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

std::string to_json(const LitellmPassthrough& settings) {
  return json::dump({{"enabled", settings.enabled},
                     {"allowed_paths", settings.allowed_paths},
                     {"allowed_methods", settings.allowed_methods},
                     {"timeout_ms", settings.timeout_ms},
                     {"max_request_body_bytes", settings.max_request_body_bytes},
                     {"max_response_body_bytes", settings.max_response_body_bytes}});
}

core::Result<LitellmPassthrough> parse_litellm_passthrough(std::string_view text) {
  auto document = json::parse(text);
  if (!document) return std::unexpected(std::move(document.error()));
  if (!document->is_object()) return core::fail(core::ErrorCode::invalid_request, ": must be an object");
  LitellmPassthrough settings;
  SettingsReader read(*document);
  read.flag("enabled", settings.enabled);
  read.texts("allowed_paths", kMostPaths, is_path_pattern,
             "each begins with `/`, has no blanks and no `..`, and may end in `*`, as in /v1/*",
             settings.allowed_paths);
  read.texts("allowed_methods", kMostMethods, is_method, "each is an HTTP method in capitals, as in POST",
             settings.allowed_methods);
  read.number("timeout_ms", 1, kMostTimeoutMs, settings.timeout_ms);
  read.number("max_request_body_bytes", 1, kMostBodyBytes, settings.max_request_body_bytes);
  read.number("max_response_body_bytes", 1, kMostBodyBytes, settings.max_response_body_bytes);
  read.finish();
  if (!read.problems().empty()) return core::fail(core::ErrorCode::invalid_request, read.problems());
  return settings;
}

}  // namespace relayna::domain
