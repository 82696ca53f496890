#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "relayna/core/ids.hpp"
#include "relayna/core/time.hpp"
#include "relayna/ledger/records.hpp"
#include "relayna/ledger/spool_folder.hpp"

#include "ledger/spool/segment_file.hpp"

namespace relayna::ledger {

/// The log of one shard: intents, events and what was delivered, appended to numbered segment files. The
/// oldest file is deleted once all its events are delivered; intents that are still open by then are copied
/// to the end first when they are the smaller part of it, so a long stream keeps no old file. What remains of
/// a request is thus always the end of `intent, event, delivered`. One thread.
class Spool {
 public:
  /// Where a record begins.
  struct Place {
    std::uint64_t segment = 0;
    std::uint64_t offset = 0;
    friend bool operator==(const Place&, const Place&) = default;
  };
  /// An event the store has; no segment when it was never written here.
  struct Mark {
    core::Uuid id;
    std::optional<std::uint64_t> segment;
  };
  struct Stats {
    std::uint64_t bytes = 0;
    std::size_t open_intents = 0;
    std::size_t undelivered = 0;  ///< events
  };

  /// Closing a deleted file frees its blocks, which takes milliseconds on some disks: `close` may do it
  /// elsewhere.
  using Close = std::function<void(SegmentFile)>;
  Spool(const SpoolFolder& folder, std::size_t shard, const core::Clock& clock, Close close = {});

  /// In the file when it returns, together with all before it. internal_error: the disk is full or broken, or
  /// the spool is full; nothing is known of the request after a crash then.
  core::Result<void> intent(const Intent& intent);
  /// The same, but in the file after the next `flush`: `written` tells then whether it is. Only while writing
  /// fails it is tried at once.
  core::Result<Place> intent_to_flush(const Intent& intent);
  /// In the file after the next `flush` or `intent`. nullopt: it will not be.
  std::optional<Place> settled(const SettledEvent& settled);
  /// False when something could not be written; it is tried again.
  bool flush();
  /// Writes down that these need not be delivered any more, and deletes what is not needed.
  void delivered(std::span<const Mark> marks);
  /// When everything is delivered and settled, leaves no files.
  void close();

  /// Whether the record that begins at `place` is in its file.
  [[nodiscard]] bool written(const Place& place) const noexcept;
  /// Where the next record will begin; everything before is in the files.
  [[nodiscard]] Place written_to() const noexcept;
  /// nullopt when it is gone.
  [[nodiscard]] std::optional<std::string> path_of(std::uint64_t segment) const;
  [[nodiscard]] Stats stats() const noexcept;

 private:
  struct Segment {
    std::uint64_t number = 0;
    SegmentFile file;
    std::size_t undelivered = 0;
    std::size_t open = 0;  // intents
    std::uint64_t open_bytes = 0;
  };
  struct Open {
    Place place;
    std::size_t size = 0;
  };
  enum class Room : std::uint8_t { within_limit, regardless };

  core::Result<Open> append_intent(const Intent& intent);
  core::Result<Place> put(std::size_t begin, Room room);
  core::Result<void> begin_segment(Room room);
  core::Result<void> write_buffer();
  bool paused() const noexcept;
  void failed(const core::Error& error);
  Segment* find(std::uint64_t number) noexcept;
  void open_intent(const core::Uuid& id, Open where);
  bool close_intent(const core::Uuid& id);
  bool carry_forward(Segment& from);
  void reclaim();

  const SpoolFolder& folder_;
  const core::Clock& clock_;
  const std::string log_;
  const Close close_;
  std::deque<Segment> segments_;
  std::uint64_t next_number_ = 1;
  std::unordered_map<core::Uuid, Open, core::UuidHash> open_;
  std::string buffer_;  // follows what is in the newest file
  bool failing_ = false;
  core::TimePoint retry_at_{};
};

}  // namespace relayna::ledger
