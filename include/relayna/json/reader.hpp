#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "relayna/core/buffer.hpp"
#include "relayna/core/result.hpp"

// Fast reading of a whole document: parsed once by simdjson, then looked at through small views. For the warm
// request path; `Document` is the type for everything that is edited, stored or shown.

namespace relayna::json {

class Array;
class Object;

enum class Type : std::uint8_t { null, boolean, number, string, array, object };

/// One value of a parsed document, or nothing. A view of 16 bytes: valid until its Reader parses again, is
/// trimmed or dies. Looking for the wrong type or an absent member gives nothing, so lookups can be chained:
/// `root["usage"]["prompt_tokens"].integer()`.
class Value {
 public:
  Value() = default;
  /// False for a member or element that is not there; true for null.
  [[nodiscard]] bool exists() const noexcept { return document_ != nullptr; }
  /// Null when absent.
  [[nodiscard]] Type type() const noexcept;
  /// True when absent, too: optional members of the APIs treat `null` as absent.
  [[nodiscard]] bool is_null() const noexcept { return type() == Type::null; }
  [[nodiscard]] std::optional<bool> boolean() const noexcept;
  /// Written without fraction or exponent, and fits.
  [[nodiscard]] std::optional<std::int64_t> integer() const noexcept;
  /// Any number. What a double cannot hold reads as ±1e308.
  [[nodiscard]] std::optional<double> number() const noexcept;
  /// Decoded; an escaped lone surrogate reads as U+FFFD.
  [[nodiscard]] std::optional<std::string_view> string() const noexcept;
  [[nodiscard]] std::optional<Array> array() const noexcept;
  [[nodiscard]] std::optional<Object> object() const noexcept;
  /// The same for loops: empty when this is no array, or no object.
  [[nodiscard]] Array elements() const noexcept;
  [[nodiscard]] Object members() const noexcept;
  /// The first member of that name; linear in the number of members.
  [[nodiscard]] Value operator[](std::string_view key) const noexcept;

 private:
  friend class Array;
  friend class Object;
  friend class Reader;
  Value(const void* document, std::size_t index) noexcept : document_(document), index_(index) {}
  const void* document_ = nullptr;
  std::size_t index_ = 0;
};

/// The elements in order.
class Array {
 public:
  class Iterator {
   public:
    Value operator*() const noexcept;
    Iterator& operator++() noexcept;
    bool operator==(const Iterator& other) const noexcept { return index_ == other.index_; }

   private:
    friend class Array;
    Iterator(const void* document, std::size_t index) noexcept : document_(document), index_(index) {}
    const void* document_;
    std::size_t index_;
  };
  [[nodiscard]] Iterator begin() const noexcept;
  [[nodiscard]] Iterator end() const noexcept;
  /// Linear in the number of elements.
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return begin() == end(); }

 private:
  friend class Value;
  Array() = default;  // empty
  explicit Array(Value value) noexcept : value_(value) {}
  Value value_;
};

struct Field {
  std::string_view key;  ///< decoded
  Value value;
};

/// The members in order, repeated keys included.
class Object {
 public:
  class Iterator {
   public:
    Field operator*() const noexcept;
    Iterator& operator++() noexcept;
    bool operator==(const Iterator& other) const noexcept { return index_ == other.index_; }

   private:
    friend class Object;
    Iterator(const void* document, std::size_t index) noexcept : document_(document), index_(index) {}
    const void* document_;
    std::size_t index_;
  };
  [[nodiscard]] Iterator begin() const noexcept;
  [[nodiscard]] Iterator end() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return begin() == end(); }

 private:
  friend class Value;
  Object() = default;  // empty
  explicit Object(Value value) noexcept : value_(value) {}
  Value value_;
};

/// Parses documents, reusing its memory (about 14 bytes per byte of text). Nesting is limited to 256. One
/// thread. CPU-bound: 1 GB/s and more, so offload over 128 kB.
class Reader {
 public:
  Reader();
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  /// The root. The error is invalid_json with the byte offset.
  core::Result<Value> parse(const core::Buffer& text);
  /// The same for text that has no padding behind it: copies it first.
  core::Result<Value> parse(std::string_view text);
  /// Gives memory back when the last document was longer than `keep_bytes`.
  void trim(std::size_t keep_bytes = 131'072) noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace relayna::json
