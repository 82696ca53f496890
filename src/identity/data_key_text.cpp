#include "identity/data_key_text.hpp"

#include <charconv>
#include <span>

#include <fmt/format.h>

#include "relayna/core/crypto.hpp"
#include "relayna/core/encoding.hpp"

namespace relayna::identity {

Labelled split_label(std::string_view text) noexcept {
  const std::size_t at = text.find("v1:");
  if (at == text.npos) return {.label = {}, .sealed = text};
  return {.label = text.substr(0, at), .sealed = text.substr(at)};
}

std::string KeyLabel::text() const {
  if (id.empty()) return {};
  if (!begun) return id + ":";
  return fmt::format("{}@{}:", id,
                     std::chrono::duration_cast<std::chrono::seconds>(begun->time_since_epoch()).count());
}

KeyLabel parse_label(std::string_view label) {
  if (!label.empty()) label.remove_suffix(1);
  const std::size_t at = label.find('@');
  KeyLabel parsed{.id = std::string(label.substr(0, at)), .begun = std::nullopt};
  if (at == label.npos) return parsed;
  const std::string_view digits = label.substr(at + 1);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (error == std::errc() && end == digits.data() + digits.size()) {
    parsed.begun = core::SystemTime(std::chrono::seconds(seconds));
  }
  return parsed;
}

std::string key_id(const core::Secret& key) {
  constexpr std::size_t kIdBytes = 4;
  const auto digest = core::Hmac(key.reveal())("key id");
  return core::to_hex(std::span(digest).first<kIdBytes>());
}

}  // namespace relayna::identity
