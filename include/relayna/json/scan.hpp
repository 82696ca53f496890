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

/// The top-level members of a JSON object in order. Assumes `text` has been validated (`Features`, or
/// `validate`); on anything else the error is invalid_json. Depth and strings are honoured; nothing is copied
/// but keys.
core::Result<std::vector<Member>> top_level(std::string_view text);

/// Well-formed JSON in valid UTF-8, nested at most `max_depth` deep. The error names the byte offset. `text`
/// needs no padding.
core::Result<void> validate(std::string_view text, std::size_t max_depth = 256);

/// Pieces of one edited text: what was kept points into the original, what is new into `owned`. Used for
/// bodies: only the edited bytes change, so provider prompt caches keep working, and nothing is copied.
class Splice {
 public:
  explicit Splice(std::string_view original) : original_(original) {}
  /// Replaces [begin, end) of the original. Edits must not overlap; order does not matter.
  void replace(std::size_t begin, std::size_t end, std::string with);
  void insert(std::size_t at, std::string what) { replace(at, at, std::move(what)); }
  [[nodiscard]] bool edited() const noexcept { return !edits_.empty(); }
  /// The text in order. Views live as long as this object and the original.
  [[nodiscard]] std::vector<std::string_view> pieces() const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::string str() const;

 private:
  struct Edit {
    std::size_t begin;
    std::size_t end;
    std::string with;
  };
  std::string_view original_;
  std::vector<Edit> edits_;
};

/// Replaces the value of `member`, or removes the member with its comma, or adds one before the closing brace
/// of the object.
void set_member(Splice& splice, std::string_view text, const std::vector<Member>& members,
                std::string_view key, std::string json_value);
void remove_member(Splice& splice, std::string_view text, const std::vector<Member>& members,
                   std::string_view key);

/// `text` as a JSON string with its quotes.
std::string quote(std::string_view text);
void append_quoted(std::string& out, std::string_view text);

/// Finds top-level members of an object while its bytes stream by, however they are cut: constant memory, no
/// DOM. Values longer than `max_value_bytes` are dropped. For reading `usage` out of an answer that is
/// relayed.
class StreamingCapture {
 public:
  explicit StreamingCapture(std::vector<std::string> keys, std::size_t max_value_bytes = 64 * 1024);
  void feed(std::string_view bytes);
  /// The raw JSON value of a key seen so far, the last one when repeated; nullopt when absent or incomplete.
  [[nodiscard]] std::optional<std::string_view> value(std::string_view key) const;
  /// False once the bytes turned out not to be a JSON object.
  [[nodiscard]] bool plausible() const noexcept { return state_ != State::broken; }

 private:
  enum class State : unsigned char {
    before_object,
    before_key,
    in_key,
    after_key,
    before_value,
    in_value,
    after_value,
    done,
    broken
  };
  void finish_value();
  std::vector<std::string> keys_;
  std::vector<std::optional<std::string>> values_;
  std::size_t max_;
  State state_ = State::before_object;
  std::string key_;
  std::string current_;
  int wanted_ = -1;
  int depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool too_long_ = false;
};

}  // namespace relayna::json
