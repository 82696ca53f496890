#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace relayna::dialect {

/// Estimates the tokens of a stream nobody has reported usage for: three bytes of text a token, as prompts
/// are estimated, and at least one token for every frame with text in it. Looks for the text without parsing.
class ContentMeter {
 public:
  /// Takes in what `frame` says: the longest string any of `members` has in it, for some providers repeat a
  /// text under another name. False when there is none.
  bool add(std::string_view frame, std::initializer_list<std::string_view> members) noexcept;
  /// A frame with content that is no text.
  void add_frame() noexcept { ++frames_; }

  [[nodiscard]] std::int64_t tokens() const noexcept;
  /// What it cannot be less of: in no tokenizer in use tokens are longer than eight bytes on average.
  [[nodiscard]] std::int64_t least_tokens() const noexcept;

 private:
  struct Place {
    std::size_t at = 0;     ///< of the quote before the member's name
    std::string_view name;  ///< empty: nowhere
  };
  std::int64_t frames_ = 0;
  std::int64_t bytes_ = 0;
  Place last_;  ///< of the text in the last frame: the next one mostly has it there, too
};

}  // namespace relayna::dialect
