#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "relayna/core/secret.hpp"
#include "relayna/core/time.hpp"

// How stored texts name a data key. Whatever is sealed (core::seal's `v1:…`) may have a label in front. The
// first data key of an installation has none, so that programs which know of no rotation read its values
// until one is asked for; a later one has eight hexadecimal characters of its own hash: `9f86d081:v1:…`. The
// row of one that is being rotated in also says since when: `9f86d081@1763640000:v1:…`.

namespace relayna::identity {

struct Labelled {
  std::string_view label;  ///< with what ends it; empty: none
  std::string_view sealed;
};
Labelled split_label(std::string_view text) noexcept;

struct KeyLabel {
  std::string id;  ///< empty: the first data key
  std::optional<core::SystemTime> begun;
  [[nodiscard]] std::string text() const;
};
/// `label` of a Labelled. What is no label of ours is an id that no key has.
KeyLabel parse_label(std::string_view label);

/// What a key is told apart by; says nothing of it.
std::string key_id(const core::Secret& key);

}  // namespace relayna::identity
