#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace relayna::core {

std::string to_hex(std::span<const std::uint8_t> bytes);
std::optional<std::string> from_hex(std::string_view text);

std::string to_base64(std::string_view bytes);
/// Standard alphabet with padding. nullopt when malformed.
std::optional<std::string> from_base64(std::string_view text);

/// Percent-decodes once. nullopt on a bad escape.
std::optional<std::string> percent_decode(std::string_view text);

/// True when `text` is well-formed UTF-8.
bool valid_utf8(std::string_view text) noexcept;

/// Appends `text` as a JSON string with its quotes. What is not UTF-8 becomes U+FFFD, so the result is always
/// valid JSON.
void append_json_string(std::string& out, std::string_view text);

/// ASCII only.
bool iequals(std::string_view a, std::string_view b) noexcept;
std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text) noexcept;

}  // namespace relayna::core
