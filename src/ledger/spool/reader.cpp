#include "ledger/spool/reader.hpp"

#include <algorithm>

#include "ledger/codec.hpp"
#include "ledger/spool/frame.hpp"
#include "ledger/spool/segment_file.hpp"

namespace relayna::ledger {

namespace {
constexpr std::size_t kAtOnce = kMostPayload + kFrameHeader;  // holds any frame
}

core::Result<EventChunk> read_events(const std::string& path, std::uint64_t from, std::uint64_t until,
                                     std::size_t most) {
  EventChunk chunk{.events = {}, .next = std::max<std::uint64_t>(from, kSegmentHeader.size())};
  while (chunk.next < until && chunk.events.size() < most) {
    const auto bytes = read_file(path, chunk.next, std::min<std::uint64_t>(until - chunk.next, kAtOnce));
    if (!bytes) return std::unexpected(bytes.error());
    FrameReader frames(*bytes);
    const std::uint64_t before = chunk.next;
    while (chunk.events.size() < most) {
      const auto frame = frames.next();
      if (!frame) break;
      chunk.next += frame->size;
      if (frame->type != static_cast<std::uint8_t>(RecordType::event)) continue;
      if (auto settled = decode_settled(frame->payload)) chunk.events.push_back(std::move(*settled));
    }
    if (chunk.next == before) chunk.next = until;  // damaged, or shorter than it was
  }
  return chunk;
}

}  // namespace relayna::ledger
