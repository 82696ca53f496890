#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/ids.hpp"

// What a segment file holds: a header, then frames. A frame is the length of its payload (4 bytes), the
// CRC-32 of what follows (4), its type (1), the format's version (1) and the payload; numbers are
// little-endian.

namespace relayna::ledger {

enum class RecordType : std::uint8_t {
  intent = 1,     ///< codec.hpp
  event = 2,      ///< codec.hpp
  delivered = 3,  ///< request ids, 16 bytes each: their events are in the store
};

inline constexpr std::string_view kSegmentHeader{"RLYSPOOL\x01\0\0\0\0\0\0\0", 16};
inline constexpr std::size_t kFrameHeader = 10;
inline constexpr std::size_t kMostPayload = std::size_t{1} << 20;

/// Appends a frame around what `write(std::string&)` appends.
template <class F>
void append_frame(std::string& out, RecordType type, F write);

struct Frame {
  std::uint8_t type = 0;  ///< a RecordType, or one of a newer version
  std::string_view payload;
  std::size_t size = 0;  ///< with its header
};

/// Takes frames from the front of bytes. What is not whole and sound ends the reading.
class FrameReader {
 public:
  explicit FrameReader(std::string_view bytes) : rest_(bytes) {}
  std::optional<Frame> next();
  /// What was not taken: nothing, the beginning of a frame, or garbage.
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
  /// Whether more bytes could make a frame of the rest.
  [[nodiscard]] bool wants_more() const noexcept { return wants_more_; }

 private:
  std::string_view rest_;
  bool wants_more_ = true;
};

std::string delivered_payload(std::span<const core::Uuid> ids);
std::vector<core::Uuid> parse_delivered(std::string_view payload);

/// Fills in the header of the frame that begins at `begin`.
void finish_frame(std::string& out, std::size_t begin, RecordType type);

template <class F>
void append_frame(std::string& out, RecordType type, F write) {
  const std::size_t begin = out.size();
  out.append(kFrameHeader, '\0');
  write(out);
  finish_frame(out, begin, type);
}

}  // namespace relayna::ledger
