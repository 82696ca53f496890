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

/// ASCII only.
bool iequals(std::string_view a, std::string_view b) noexcept;
std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text) noexcept;

}  // namespace relayna::core
