#include "store/text.hpp"

#include "relayna/core/encoding.hpp"

namespace relayna::store {

namespace {

/// Bytes of the well-formed character at the front of `text`, 0 when there is none or it is NUL.
std::size_t character(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return lead == 0 ? 0 : 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  return text.size() >= length && core::valid_utf8(text.substr(0, length)) ? length : 0;
}

}  // namespace

bool storable(std::string_view text) noexcept {
  return text.find('\0') == std::string_view::npos && core::valid_utf8(text);
}

std::string made_storable(std::string_view text) {
  if (storable(text)) return std::string(text);
  std::string out;
  out.reserve(text.size() + 8);
  while (!text.empty()) {
    const std::size_t length = character(text);
    if (length == 0)
      out += "\xef\xbf\xbd";
    else
      out.append(text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace relayna::store
