#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/config/settings.hpp"
#include "relayna/core/secret.hpp"

// YAML as a tree that knows where each value stands. yaml-cpp stays behind this header.
namespace relayna::config::yaml {

inline constexpr std::size_t kMaxFileBytes = 1'000'000;
inline constexpr std::size_t kMaxDepth = 32;
/// What a file may weigh once its aliases are copied out: its texts plus `kNodeWeight` per value.
inline constexpr std::size_t kMaxWeight = 16'000'000;
inline constexpr std::size_t kNodeWeight = 64;
inline constexpr std::size_t kMaxProblems = 200;

/// Counted from 1; 0 when unknown.
struct Mark {
  int line = 0;
  int column = 0;
};

struct Entry;

/// One value. Scalars keep their text; what it means is decided by who reads it.
struct Node {
  enum class Kind : std::uint8_t { null, scalar, sequence, mapping };
  Kind kind = Kind::null;
  Mark mark;
  std::string text;        ///< of a scalar; after `expand` with its variables filled in
  bool quoted = false;     ///< written in quotes or as a block: text, whatever it looks like
  bool reference = false;  ///< written as `env.NAME` or `file:/path` (set by `expand`)
  bool broken = false;     ///< `expand` has reported it; readers skip it silently
  std::vector<Node> items;
  std::vector<Entry> entries;  ///< in the order of the file; keys are unique

  [[nodiscard]] const Node* find(std::string_view key) const noexcept;
  /// Null, or a scalar of nothing but blanks: "unset". A quoted empty text is unset too.
  [[nodiscard]] bool unset() const noexcept;
};

struct Entry {
  std::string key;
  Mark mark;
  Node value;
};

/// Collects what is wrong with one file and gives it back ordered by position. Stops at `kMaxProblems`.
class Diagnostics {
 public:
  explicit Diagnostics(std::string file) : file_(std::move(file)) {}
  /// `path` is the key (`providers[0].kind`), empty for the file as a whole.
  void add(Mark at, std::string_view path, std::string_view message, std::string_view example = {});
  [[nodiscard]] bool empty() const noexcept { return found_.empty(); }
  /// Further problems are only counted; a reader of a huge wrong file may as well stop.
  [[nodiscard]] bool full() const noexcept { return found_.size() >= kMaxProblems; }
  [[nodiscard]] const std::string& file() const noexcept { return file_; }
  [[nodiscard]] std::vector<Problem> problems() const;

 private:
  struct Found {
    Mark at;
    std::string message;
  };
  std::string file_;
  std::vector<Found> found_;
  std::size_t left_out_ = 0;
};

/// The bytes of a file of at most `max_bytes`; the problem does not repeat the path, which may be a secret in
/// the wrong place.
struct FileText {
  std::string bytes;
  std::string problem;  ///< empty when read
};
FileText read_text(const std::string& path, std::size_t max_bytes);

/// One document of valid UTF-8. Duplicate keys, keys that are not text, custom tags, second documents, an
/// empty file, nesting beyond kMaxDepth and aliases that grow beyond kMaxWeight are reported. Anchors,
/// aliases and
/// `<<` work. nullopt when the text could not be read as a tree.
std::optional<Node> parse(std::string_view text, Diagnostics& diagnostics);

/// Fills `${NAME}` and `${NAME:-default}` in every scalar value under `node` (keys are left alone; `$${`
/// stands for `${`). An unset or blank variable without a default is reported by name. `path` is where `node`
/// stands.
void expand(Node& node, const Environment& environment, std::string_view path, Diagnostics& diagnostics);

/// The secret a scalar holds or refers to (`env.NAME`, `file:/path`), blanks around it removed. Reports what
/// cannot be had; the result is empty then, and for an unset node.
core::Secret resolve_secret(const Node& node, const Environment& environment, std::string_view path,
                            Diagnostics& diagnostics);

/// `a.b`, or `b` when `a` is empty.
std::string join_path(std::string_view path, std::string_view key);
std::string join_path(std::string_view path, std::size_t index);

}  // namespace relayna::config::yaml
