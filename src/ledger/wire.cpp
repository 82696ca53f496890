#include "ledger/wire.hpp"

#include <bit>
#include <limits>

namespace relayna::ledger {

void FieldWriter::varint(std::uint64_t value) {
  char bytes[10];
  std::size_t size = 0;
  while (value >= 0x80) {
    bytes[size++] = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  bytes[size++] = static_cast<char>(value);
  out_.append(bytes, size);
}

void FieldWriter::key(std::uint32_t field, WireKind kind) {
  varint((std::uint64_t{field} << 2) | static_cast<std::uint64_t>(kind));
}

void FieldWriter::number(std::uint32_t field, std::int64_t value) {
  key(field, WireKind::number);
  const auto bits = std::bit_cast<std::uint64_t>(value);
  varint((bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

void FieldWriter::bytes(std::uint32_t field, std::string_view value) {
  value = value.substr(0, longest_);
  key(field, WireKind::bytes);
  varint(value.size());
  out_ += value;
}

void FieldWriter::uuid(std::uint32_t field, const core::Uuid& value) {
  key(field, WireKind::uuid);
  out_.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
}

std::optional<std::uint64_t> FieldReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    if (shift == 63 && byte > 1) return std::nullopt;
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

std::optional<Field> FieldReader::fail() {
  malformed_ = true;
  rest_ = {};
  return std::nullopt;
}

std::optional<Field> FieldReader::next() {
  if (rest_.empty()) return std::nullopt;
  const auto key = varint();
  if (!key || (*key >> 2) > std::numeric_limits<std::uint32_t>::max()) return fail();
  Field field{
      .number = static_cast<std::uint32_t>(*key >> 2), .kind = static_cast<WireKind>(*key & 3), .bytes = {}};
  std::uint64_t size = 0;
  switch (field.kind) {
    case WireKind::number: {
      const auto coded = varint();
      if (!coded) return fail();
      field.value = std::bit_cast<std::int64_t>((*coded >> 1) ^ (0 - (*coded & 1)));
      return field;
    }
    case WireKind::bytes: {
      const auto length = varint();
      if (!length) return fail();
      size = *length;
      break;
    }
    case WireKind::uuid:
      size = sizeof(core::Uuid::bytes);
      break;
    default:
      return fail();
  }
  if (size > rest_.size()) return fail();
  field.bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return field;
}

}  // namespace relayna::ledger
