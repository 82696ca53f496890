#include "ledger/spool/frame.hpp"

#include <cstring>

#include <zlib.h>

namespace relayna::ledger {

namespace {

constexpr char kVersion = 1;

std::uint32_t load32(const char* at) noexcept {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::uint32_t checksum(std::string_view bytes) noexcept {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

void finish_frame(std::string& out, std::size_t begin, RecordType type) {
  char* header = out.data() + begin;
  header[8] = static_cast<char>(type);
  header[9] = kVersion;
  const auto length = static_cast<std::uint32_t>(out.size() - begin - kFrameHeader);
  const std::uint32_t crc = checksum(std::string_view(out).substr(begin + 8));
  std::memcpy(header, &length, sizeof length);
  std::memcpy(header + 4, &crc, sizeof crc);
}

std::optional<Frame> FrameReader::next() {
  if (rest_.size() < kFrameHeader) return std::nullopt;
  const std::uint32_t length = load32(rest_.data());
  const auto type = static_cast<std::uint8_t>(rest_[8]);
  if (length > kMostPayload || type == 0) {
    wants_more_ = false;
    return std::nullopt;
  }
  if (rest_.size() < kFrameHeader + length) return std::nullopt;
  if (checksum(rest_.substr(8, length + 2)) != load32(rest_.data() + 4)) {
    wants_more_ = false;
    return std::nullopt;
  }
  const Frame frame{
      .type = type, .payload = rest_.substr(kFrameHeader, length), .size = kFrameHeader + length};
  rest_.remove_prefix(frame.size);
  return frame;
}

std::string delivered_payload(std::span<const core::Uuid> ids) {
  std::string out;
  out.reserve(ids.size() * sizeof(core::Uuid::bytes));
  for (const core::Uuid& id : ids)
    out.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
  return out;
}

std::vector<core::Uuid> parse_delivered(std::string_view payload) {
  std::vector<core::Uuid> ids(payload.size() / sizeof(core::Uuid::bytes));
  for (std::size_t i = 0; i < ids.size(); ++i)
    std::memcpy(ids[i].bytes.data(), payload.data() + i * sizeof(core::Uuid::bytes),
                sizeof(core::Uuid::bytes));
  return ids;
}

}  // namespace relayna::ledger
