#include "control/resources/secret_field.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"

namespace relayna::control {

namespace {
constexpr std::size_t kMostSecret = 8'192;
}

Codec<core::Secret> secret_text() {
  Codec<core::Secret> codec;
  codec.schema = {
      {"type", {"string", "null"}}, {"minLength", 1}, {"maxLength", kMostSecret}, {"writeOnly", true}};
  codec.nullable = true;
  codec.read = [](const json::Document& given, core::Secret& value, const std::string& path,
                  Problems& problems) {
    if (!given.is_string())
      return problems.add(path, fmt::format("must be a text, not {}", type_name(given)));
    const auto& text = given.get_ref<const std::string&>();
    const bool printable = std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (core::trim(text).empty() || text.size() > kMostSecret || !printable) {
      return problems.add(
          path, fmt::format("must be 1 to {} bytes that are not all blank, without control characters",
                            kMostSecret));
    }
    value = core::Secret(std::string(core::trim(text)));
  };
  return codec;
}

core::Result<void> seal_given(const Call& call, std::string_view field, core::Secret& given,
                              std::string& sealed, const identity::Keyring& keyring,
                              const std::string& context) {
  if (!call.body.is_object() || !call.body.contains(field)) return {};
  sealed.clear();
  if (given.empty()) return {};
  auto made = keyring.seal(given.reveal(), context);
  given = {};
  if (!made) return std::unexpected(std::move(made.error()));
  sealed = std::move(*made);
  return {};
}

}  // namespace relayna::control
