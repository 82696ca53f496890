#pragma once

#include <string>

#include "relayna/store/rows.hpp"

namespace relayna::control {

/// The part of a row that has its id, stamps and owner.
template <class R>
auto& subject(R& row) {
  if constexpr (requires { row.provider.header; }) {
    return row.provider;
  } else if constexpr (requires { row.credential.provider_id; }) {
    return row.credential;
  } else if constexpr (requires { row.mapping; }) {
    return row.mapping;
  } else if constexpr (requires { row.price; }) {
    return row;
  } else {
    return row;
  }
}

/// What a row is addressed by.
template <class R>
std::string id_of(const R& row) {
  if constexpr (std::is_same_v<R, domain::RouteSettings>) {
    return std::string(domain::route_id(row.route));
  } else if constexpr (requires { subject(row).id; }) {
    return subject(row).id;
  } else {
    return row.name;
  }
}

/// An id as a segment of a path: names may hold slashes.
inline std::string path_segment(std::string_view id) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~";
  std::string segment;
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || kPlain.find(c) != std::string_view::npos) {
      segment += c;
    } else {
      segment.append({'%', kHex[byte >> 4U], kHex[byte & 15U]});
    }
  }
  return segment;
}

template <class R>
void stamp_created(R& row, core::SystemTime now) {
  if constexpr (requires { subject(row).created_at; }) subject(row).created_at = now;
  if constexpr (requires { subject(row).updated_at; }) subject(row).updated_at = now;
}
template <class R>
void stamp_updated(R& row, core::SystemTime now) {
  if constexpr (requires { subject(row).updated_at; }) subject(row).updated_at = now;
}

/// The declared file's objects are changed there.
template <class R>
bool managed_by_file(const R& row) {
  if constexpr (requires { subject(row).managed_by; }) return subject(row).managed_by == "file";
  return false;
}

}  // namespace relayna::control
