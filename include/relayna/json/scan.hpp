#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/buffer.hpp"
#include "relayna/core/result.hpp"

namespace relayna::json {

/// Where a top-level member of an object stands in its text, as byte offsets.
struct Member {
  std::string key;        ///< decoded
  std::size_t begin = 0;  ///< of the key's opening quote
  std::size_t value_begin = 0;
  std::size_t value_end = 0;  ///< one past the value
};

/// The top-level members of a JSON object in order, repeated ones included. Checks the grammar of the whole
/// text (not its UTF-8, and nesting only to 1024), so it need not be preceded by `validate`; on anything else
/// the error is invalid_json with the byte offset. Nothing is copied but keys.
core::Result<std::vector<Member>> top_level(std::string_view text);

/// The elements of a JSON array, each as its own text. Checks and errors as `top_level`.
core::Result<std::vector<std::string_view>> elements(std::string_view text);

/// Well-formed JSON in valid UTF-8, nested at most `max_depth` deep (at most 1024). Numbers of any size and
/// lone surrogate escapes are well-formed. The error names the byte offset. `text` needs no padding. About
/// 0.15 µs per kB of prose: offload over 128 kB.
core::Result<void> validate(std::string_view text, std::size_t max_depth = 256);

/// Pieces of one edited text: what was kept points into the original, what is new into `owned`. Used for
/// bodies: only the edited bytes change, so provider prompt caches keep working, and nothing is copied.
class Splice {
 public:
  explicit Splice(std::string_view original) : original_(original) {}
  /// Replaces [begin, end) of the original. Edits must not overlap; order does not matter.
  void replace(std::size_t begin, std::size_t end, std::string with);
  void insert(std::size_t at, std::string what) { replace(at, at, std::move(what)); }
  [[nodiscard]] bool edited() const noexcept { return !edits_.empty() || !member_edits_.empty(); }
  /// The text in order. Views live as long as this object and the original.
  [[nodiscard]] std::vector<std::string_view> pieces() const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::string str() const;

 private:
  friend void set_member(Splice&, std::string_view, const std::vector<Member>&, std::string_view,
                         std::string);
  friend void remove_member(Splice&, std::string_view, const std::vector<Member>&, std::string_view);
  struct Edit {
    std::size_t begin;
    std::size_t end;
    std::string with;
  };
  /// What is wanted of one member; no value means gone.
  struct MemberEdit {
    std::string key;
    std::optional<std::string> json_value;
  };
  void want(std::string_view key, std::optional<std::string> json_value);
  void resolve_members(std::string_view text, const std::vector<Member>& members);

  std::string_view original_;
  std::vector<Edit> edits_;
  std::vector<MemberEdit> wanted_;  // in the order asked for
  std::vector<Edit> member_edits_;  // what `wanted_` comes to
};

/// Gives the object's member `key` the value, adding it behind the last member when there is none; a repeated
/// member gets the value everywhere, so that every reader sees it. `text` is the splice's original and
/// `members` its top level. Any sequence of the two calls on one splice keeps the commas right, the last word
/// on a key counts, and every byte outside of the edited members stays.
void set_member(Splice& splice, std::string_view text, const std::vector<Member>& members,
                std::string_view key, std::string json_value);
/// Removes the member, every time it occurs, with its comma. Nothing happens when there is none.
void remove_member(Splice& splice, std::string_view text, const std::vector<Member>& members,
                   std::string_view key);

/// `text` as a JSON string with its quotes. What is not UTF-8 becomes U+FFFD.
std::string quote(std::string_view text);
void append_quoted(std::string& out, std::string_view text);
/// The value of a JSON string literal with its quotes; lone surrogate escapes become U+FFFD. nullopt when it
/// is not one.
std::optional<std::string> unquote(std::string_view literal);

/// Finds top-level members of an object while its bytes stream by, however they are cut: constant memory, no
/// DOM. Values longer than `max_value_bytes` are dropped. For reading `usage` out of an answer that is
/// relayed, so it checks only what it needs to find its way.
class StreamingCapture {
 public:
  explicit StreamingCapture(std::vector<std::string> keys, std::size_t max_value_bytes = 64 * 1024);
  void feed(std::string_view bytes);
  /// The raw JSON value of a key seen so far, the last one when repeated; nullopt when absent, incomplete or
  /// too long.
  [[nodiscard]] std::optional<std::string_view> value(std::string_view key) const;
  /// False once the bytes turned out not to be a JSON object.
  [[nodiscard]] bool plausible() const noexcept { return state_ != State::broken; }
  /// True once the object's closing brace has passed.
  [[nodiscard]] bool complete() const noexcept { return state_ == State::done; }

 private:
  enum class State : unsigned char {
    before_object,
    before_first_key,
    before_key,
    in_key,
    after_key,
    before_value,
    in_scalar,
    in_string,  // a value that is a string
    in_nested,
    in_nested_string,
    after_value,
    done,
    broken
  };
  using Cursor = const char*;  // each step returns how far it came
  Cursor between(Cursor p);
  Cursor in_key(Cursor p, Cursor end);
  Cursor begin_value(Cursor p);
  Cursor in_value(Cursor p, Cursor end);
  Cursor skip_string(Cursor p, Cursor end, State after);
  Cursor skip_nested(Cursor p, Cursor end);
  void keep(Cursor from, Cursor to);
  void finish_key();
  void finish_value();

  std::vector<std::string> keys_;
  std::vector<std::optional<std::string>> values_;
  std::size_t max_value_;
  std::size_t max_key_ = 0;  // escaped, beyond which no wanted key can be
  State state_ = State::before_object;
  std::string key_;      // raw, as it stands between its quotes
  std::string current_;  // the value being captured
  std::optional<std::size_t> wanted_;
  std::size_t depth_ = 0;
  bool escaped_ = false;
  bool too_long_ = false;
};

}  // namespace relayna::json
