#include "relayna/http/fields.hpp"

#include "http/ascii.hpp"

namespace relayna::http {

void Fields::add(std::string_view name, std::string_view value) {
  Slot slot{};
  slot.name = static_cast<std::uint32_t>(arena_.size());
  slot.name_length = static_cast<std::uint16_t>(std::min<std::size_t>(name.size(), UINT16_MAX));
  slot.value = slot.name + slot.name_length;
  slot.value_length = static_cast<std::uint32_t>(value.size());
  const bool inside =
      !arena_.empty() && ((name.data() >= arena_.data() && name.data() < arena_.data() + arena_.size()) ||
                          (value.data() >= arena_.data() && value.data() < arena_.data() + arena_.size()));
  if (inside) {  // copying one of our own fields: growing would move the text
                 // under the views
    const std::string own = std::string(name.substr(0, slot.name_length)).append(value);
    arena_.append(own);
  } else {
    arena_.append(name.data(), slot.name_length).append(value);
  }
  slots_.push_back(slot);
}

void Fields::set(std::string_view name, std::string_view value) {
  const std::string own_name(name);
  const std::string own_value(value);  // either may point into the arena of the field that goes
  remove(own_name);
  add(own_name, own_value);
}

void Fields::remove(std::string_view name) {
  std::erase_if(slots_,
                [&](const Slot& s) { return same_text({arena_.data() + s.name, s.name_length}, name); });
  if (slots_.empty()) arena_.clear();
}

void Fields::clear() noexcept {
  arena_.clear();
  slots_.clear();
}

void Fields::reserve(std::size_t fields, std::size_t bytes) {
  slots_.reserve(fields);
  arena_.reserve(bytes);
}

std::optional<std::string_view> Fields::find(std::string_view name) const noexcept {
  for (const Slot& s : slots_) {
    if (same_text({arena_.data() + s.name, s.name_length}, name)) {
      return std::string_view(arena_.data() + s.value, s.value_length);
    }
  }
  return std::nullopt;
}

std::string_view Fields::get(std::string_view name) const noexcept {
  return find(name).value_or(std::string_view());
}

std::size_t Fields::count(std::string_view name) const noexcept {
  std::size_t n = 0;
  for (const Slot& s : slots_) n += same_text({arena_.data() + s.name, s.name_length}, name) ? 1 : 0;
  return n;
}

bool Fields::has_token(std::string_view name, std::string_view token) const noexcept {
  for (const Field field : *this) {
    if (!same_text(field.name, name)) continue;
    std::string_view list = field.value;
    std::string_view element;
    while (next_element(list, element)) {
      if (same_text(element, token)) return true;
    }
  }
  return false;
}

Field Fields::operator[](std::size_t i) const noexcept {
  const Slot& s = slots_[i];
  return {{arena_.data() + s.name, s.name_length}, {arena_.data() + s.value, s.value_length}};
}

bool is_hop_by_hop(std::string_view name) noexcept {
  switch (name.size()) {
    case 2:
      return same_text(name, "te");
    case 7:
      return same_text(name, "trailer") || same_text(name, "upgrade");
    case 10:
      return same_text(name, "connection") || same_text(name, "keep-alive");
    case 17:
      return same_text(name, "transfer-encoding");
    default:
      return name.size() > 6 && same_text(name.substr(0, 6), "proxy-");
  }
}

bool connection_names(const Fields& fields, std::string_view name) noexcept {
  return fields.has_token("connection", name);
}

}  // namespace relayna::http
