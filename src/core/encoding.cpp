#include "relayna/core/encoding.hpp"

#include <array>
#include <cstring>

namespace relayna::core {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> inverse_of(std::string_view digits) {
  std::array<std::uint8_t, 256> inverse{};
  inverse.fill(kNoDigit);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    inverse[static_cast<std::uint8_t>(digits[i])] = static_cast<std::uint8_t>(i);
  }
  return inverse;
}

constexpr auto kBase64Values = inverse_of(kBase64Digits);
constexpr auto kHexValues = [] {
  auto values = inverse_of(kHexDigits);
  for (int i = 0; i < 6; ++i) values[static_cast<std::size_t>('A' + i)] = static_cast<std::uint8_t>(10 + i);
  return values;
}();

std::uint8_t hex_value(char c) {
  return kHexValues[static_cast<std::uint8_t>(c)];
}
std::uint32_t base64_value(char c) {
  return kBase64Values[static_cast<std::uint8_t>(c)];
}

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// The length of the well-formed sequence that `text` starts with (Unicode table 3-7), 0 when there is none.
std::size_t utf8_sequence(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto continues = [&](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
  const std::uint8_t first = at(0);
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return text.size() >= 2 && continues(1) ? 2 : 0;
  if (first < 0xF0) {
    if (text.size() < 3 || !continues(1) || !continues(2)) return 0;
    if (first == 0xE0 && at(1) < 0xA0) return 0;  // overlong
    if (first == 0xED && at(1) > 0x9F) return 0;  // surrogate
    return 3;
  }
  if (first > 0xF4 || text.size() < 4 || !continues(1) || !continues(2) || !continues(3)) return 0;
  if (first == 0xF0 && at(1) < 0x90) return 0;  // overlong
  if (first == 0xF4 && at(1) > 0x8F) return 0;  // above U+10FFFF
  return 4;
}

}  // namespace

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string out(bytes.size() * 2, '\0');
  char* to = out.data();
  for (const std::uint8_t b : bytes) {
    *to++ = kHexDigits[b >> 4U];
    *to++ = kHexDigits[b & 0xFU];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out(text.size() / 2, '\0');
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint8_t high = hex_value(text[2 * i]);
    const std::uint8_t low = hex_value(text[2 * i + 1]);
    if (high == kNoDigit || low == kNoDigit) return std::nullopt;
    out[i] = static_cast<char>(high << 4U | low);
  }
  return out;
}

std::string to_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  const auto at = [&](std::size_t i) { return std::uint32_t{static_cast<std::uint8_t>(bytes[i])}; };
  std::size_t i = 0;
  const auto emit = [&](std::uint32_t group, int digits) {
    for (int d = 0; d < 4; ++d) {
      out.push_back(d < digits ? kBase64Digits[group >> (18U - 6U * static_cast<unsigned>(d)) & 63U] : '=');
    }
  };
  for (; i + 3 <= bytes.size(); i += 3) emit(at(i) << 16U | at(i + 1) << 8U | at(i + 2), 4);
  if (bytes.size() - i == 1) emit(at(i) << 16U, 2);
  if (bytes.size() - i == 2) emit(at(i) << 16U | at(i + 1) << 8U, 3);
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const std::size_t digits = i + 4 == text.size() ? 4 - padding : 4;
    std::uint32_t group = 0;
    for (std::size_t d = 0; d < 4; ++d) {
      const std::uint32_t value = d < digits ? base64_value(text[i + d]) : 0;
      if (value == kNoDigit) return std::nullopt;
      group = group << 6U | value;
    }
    // Bits that no byte carries must be zero, or two texts would mean the same bytes.
    if ((digits == 2 && (group & 0xFFFFU) != 0) || (digits == 3 && (group & 0xFFU) != 0)) return std::nullopt;
    out.push_back(static_cast<char>(group >> 16U));
    if (digits > 2) out.push_back(static_cast<char>(group >> 8U & 0xFFU));
    if (digits > 3) out.push_back(static_cast<char>(group & 0xFFU));
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const std::uint8_t high = hex_value(text[i + 1]);
    const std::uint8_t low = hex_value(text[i + 2]);
    if (high == kNoDigit || low == kNoDigit) return std::nullopt;
    out.push_back(static_cast<char>(high << 4U | low));
    i += 2;
  }
  return out;
}

bool valid_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    std::uint64_t eight;
    if (text.size() >= sizeof eight) {
      std::memcpy(&eight, text.data(), sizeof eight);
      if ((eight & 0x8080808080808080U) == 0) {
        text.remove_prefix(sizeof eight);
        continue;
      }
    }
    const std::size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

namespace {

/// Bytes that stand in a JSON string as they are, when they are ASCII.
constexpr auto kPlainInJson = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

void append_json_escape(std::string& out, char c) {
  constexpr std::string_view kShort = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetter = "\"\\bfnrt";
  out.push_back('\\');
  if (const std::size_t i = kShort.find(c); i != std::string_view::npos) {
    out.push_back(kLetter[i]);
    return;
  }
  const auto byte = static_cast<std::uint8_t>(c);
  out.append("u00").push_back(kHexDigits[byte >> 4U]);
  out.push_back(kHexDigits[byte & 0xFU]);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  out.push_back('"');
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && kPlainInJson[static_cast<std::uint8_t>(text[run])]) ++run;
    out.append(text.data(), run);
    text.remove_prefix(run);
    if (text.empty()) break;
    std::size_t taken = 1;
    if (static_cast<std::uint8_t>(text.front()) < 0x80) {
      append_json_escape(out, text.front());
    } else if (const std::size_t length = utf8_sequence(text); length != 0) {
      out.append(text.data(), length);
      taken = length;
    } else {
      out.append(kReplacement);
    }
    text.remove_prefix(taken);
  }
  out.push_back('"');
}

bool iequals(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace relayna::core
