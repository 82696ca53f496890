#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "relayna/core/ids.hpp"

// Numbered fields, so that a binary reads what an older or a newer one wrote: fields that are absent keep
// their default, unknown ones are skipped. A field is a varint key (number × 4 + kind) and its value.

namespace relayna::ledger {

enum class WireKind : std::uint8_t { number = 0, bytes = 1, uuid = 2 };

class FieldWriter {
 public:
  /// Appends to `out`. Bytes beyond `longest` are cut.
  explicit FieldWriter(std::string& out, std::size_t longest = std::string_view::npos)
      : out_(out), longest_(longest) {}
  void number(std::uint32_t field, std::int64_t value);  ///< zigzag varint
  void bytes(std::uint32_t field, std::string_view value);
  void uuid(std::uint32_t field, const core::Uuid& value);

 private:
  void varint(std::uint64_t value);
  void key(std::uint32_t field, WireKind kind);
  std::string& out_;
  std::size_t longest_;
};

struct Field {
  std::uint32_t number = 0;
  WireKind kind = WireKind::number;
  std::int64_t value = 0;
  std::string_view bytes;  ///< of bytes and uuid
};

class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}
  /// nullopt at the end, and at what is malformed.
  std::optional<Field> next();
  [[nodiscard]] bool malformed() const noexcept { return malformed_; }

 private:
  std::optional<std::uint64_t> varint();
  std::optional<Field> fail();
  std::string_view rest_;
  bool malformed_ = false;
};

}  // namespace relayna::ledger
