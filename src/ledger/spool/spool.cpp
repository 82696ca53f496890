#include "ledger/spool/spool.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "relayna/telemetry/log.hpp"

#include "ledger/codec.hpp"
#include "ledger/spool/frame.hpp"
#include "ledger/spool/segment_name.hpp"

namespace relayna::ledger {

namespace {
/// After a failure nothing is tried for so long: a full disk is not asked once per request.
constexpr std::chrono::seconds kPause{1};
/// Intents copied in one go; each costs a read of about 1 µs.
constexpr std::size_t kCarriedAtOnce = 256;
}  // namespace

Spool::Spool(const SpoolFolder& folder, std::size_t shard, const core::Clock& clock, Close close)
    : folder_(folder),
      clock_(clock),
      log_(fmt::format("{}.{}", folder.instance(), shard)),
      close_(std::move(close)) {}

core::Result<void> Spool::intent(const Intent& intent) {
  const auto id = core::Uuid::parse(intent.event.request_id);
  if (!id) return core::fail(core::ErrorCode::invalid_request, "request_id is not a UUID");
  const auto appended = append_intent(intent);
  if (!appended) return std::unexpected(appended.error());
  const std::size_t begin = buffer_.size() - appended->size;
  if (auto ok = write_buffer(); !ok) {
    buffer_.resize(begin);
    return ok;
  }
  open_intent(*id, *appended);
  return {};
}

core::Result<Spool::Place> Spool::intent_to_flush(const Intent& intent) {
  if (failing_) {  // or each try would leave another turn's intents in memory
    if (auto ok = this->intent(intent); !ok) return std::unexpected(std::move(ok.error()));
    return Place{};
  }
  const auto id = core::Uuid::parse(intent.event.request_id);
  if (!id) return core::fail(core::ErrorCode::invalid_request, "request_id is not a UUID");
  const auto appended = append_intent(intent);
  if (!appended) return std::unexpected(appended.error());
  open_intent(*id, *appended);
  return appended->place;
}

core::Result<Spool::Open> Spool::append_intent(const Intent& intent) {
  if (paused()) return core::fail(core::ErrorCode::internal_error, {}, "the spool cannot be written");
  const std::size_t begin = buffer_.size();
  append_frame(buffer_, RecordType::intent, [&](std::string& out) { encode(intent, out); });
  const std::size_t size = buffer_.size() - begin;
  const auto place = put(begin, Room::within_limit);
  if (!place) return std::unexpected(place.error());
  return Open{.place = *place, .size = size};
}

std::optional<Spool::Place> Spool::settled(const SettledEvent& settled) {
  const auto id = core::Uuid::parse(settled.event.request_id);
  if (!id || paused()) return std::nullopt;
  const std::size_t begin = buffer_.size();
  append_frame(buffer_, RecordType::event, [&](std::string& out) { encode(settled, out); });
  const auto place = put(begin, Room::within_limit);
  if (!place) return std::nullopt;
  close_intent(*id);
  ++find(place->segment)->undelivered;
  return *place;
}

bool Spool::flush() {
  if (buffer_.empty()) return true;
  if (paused()) return false;
  return write_buffer().has_value();
}

void Spool::delivered(std::span<const Mark> marks) {
  std::vector<core::Uuid> ids;
  for (const Mark& mark : marks) {
    const bool was_open = close_intent(mark.id);
    if (Segment* segment = mark.segment ? find(*mark.segment) : nullptr) --segment->undelivered;
    if (mark.segment || was_open) ids.push_back(mark.id);
  }
  if (!ids.empty() && !paused()) {
    const std::size_t begin = buffer_.size();
    append_frame(buffer_, RecordType::delivered, [&](std::string& out) { out += delivered_payload(ids); });
    // Even beyond the limit: it is what makes room. Should it fail, the store is told again some day.
    if (put(begin, Room::regardless)) flush();
  }
  reclaim();
}

/// Gives the frame at `begin` of the buffer its place: in the newest segment, or at the start of a new one.
/// On failure it is taken back.
core::Result<Spool::Place> Spool::put(std::size_t begin, Room room) {
  const std::size_t size = buffer_.size() - begin;
  if (segments_.empty() || segments_.back().file.size() + buffer_.size() > folder_.settings().segment_bytes) {
    std::string frame = buffer_.substr(begin);
    buffer_.resize(begin);
    if (auto ok = write_buffer(); !ok) return std::unexpected(std::move(ok.error()));
    if (auto ok = begin_segment(room); !ok) return std::unexpected(std::move(ok.error()));
    buffer_ = std::move(frame);
  }
  const Segment& newest = segments_.back();
  return Place{.segment = newest.number, .offset = newest.file.size() + buffer_.size() - size};
}

core::Result<void> Spool::begin_segment(Room room) {
  const auto& settings = folder_.settings();
  if (room == Room::within_limit && (segments_.size() + 1) * settings.segment_bytes > settings.most_bytes) {
    core::Error full(core::ErrorCode::internal_error, {},
                     fmt::format("the spool is full: {} bytes wait for the store", settings.most_bytes));
    failed(full);
    return std::unexpected(std::move(full));
  }
  auto file = SegmentFile::create(
      folder_.path() + "/" + SegmentName{.log = log_, .number = next_number_}.str(), settings.segment_bytes);
  if (!file) {
    failed(file.error());
    return std::unexpected(std::move(file.error()));
  }
  segments_.push_back({.number = next_number_++, .file = std::move(*file)});
  return {};
}

core::Result<void> Spool::write_buffer() {
  if (buffer_.empty()) return {};
  if (auto ok = segments_.back().file.append(buffer_); !ok) {
    failed(ok.error());
    return ok;
  }
  buffer_.clear();
  if (std::exchange(failing_, false)) telemetry::log("ledger")->info("the spool is written again");
  return {};
}

bool Spool::paused() const noexcept {
  return failing_ && clock_.now() < retry_at_;
}

void Spool::failed(const core::Error& error) {
  retry_at_ = clock_.now() + kPause;
  if (std::exchange(failing_, true)) return;
  telemetry::log("ledger")->error(
      "usage events are kept in memory only, and would be lost with the process, until the spool can be "
      "written again: {}",
      error.detail);
}

Spool::Segment* Spool::find(std::uint64_t number) noexcept {
  if (segments_.empty() || number < segments_.front().number || number > segments_.back().number)
    return nullptr;
  return &segments_[number - segments_.front().number];  // without gaps
}

void Spool::open_intent(const core::Uuid& id, Open where) {
  close_intent(id);
  open_.emplace(id, where);
  Segment* segment = find(where.place.segment);
  ++segment->open;
  segment->open_bytes += where.size;
}

bool Spool::close_intent(const core::Uuid& id) {
  const auto it = open_.find(id);
  if (it == open_.end()) return false;
  if (Segment* segment = find(it->second.place.segment)) {
    --segment->open;
    segment->open_bytes -= it->second.size;
  }
  open_.erase(it);
  return true;
}

/// Copies open intents of the oldest segment to the end. True when none is left there.
bool Spool::carry_forward(Segment& from) {
  std::vector<std::pair<core::Uuid, Open>> carried;
  for (const auto& [id, open] : open_) {
    if (open.place.segment == from.number && carried.size() < kCarriedAtOnce) carried.emplace_back(id, open);
  }
  for (const auto& [id, open] : carried) {
    const auto bytes = from.file.read(open.place.offset, open.size);
    if (!bytes || bytes->size() != open.size) return false;
    const std::size_t begin = buffer_.size();
    buffer_ += *bytes;
    const auto place = put(begin, Room::regardless);
    if (!place) return false;
    open_intent(id, {.place = *place, .size = open.size});
  }
  return from.open == 0;
}

void Spool::reclaim() {
  while (segments_.size() > 1 && segments_.front().undelivered == 0 && !paused()) {
    // A file of mostly open intents would be copied again and again.
    if (segments_.front().open_bytes > folder_.settings().segment_bytes / 2) break;
    if (segments_.front().open > 0 && !carry_forward(segments_.front())) break;
    if (!flush()) break;
    segments_.front().file.remove();  // here, so that files go in their order
    if (close_) close_(std::move(segments_.front().file));
    segments_.pop_front();
  }
}

void Spool::close() {
  if (!open_.empty() || !flush()) return;
  for (const Segment& segment : segments_) {
    if (segment.undelivered > 0) return;
  }
  for (const Segment& segment : segments_) segment.file.remove();
  segments_.clear();
}

bool Spool::written(const Place& place) const noexcept {
  const Place end = written_to();
  return place.segment < end.segment || (place.segment == end.segment && place.offset < end.offset);
}

Spool::Place Spool::written_to() const noexcept {
  if (segments_.empty()) return {.segment = next_number_, .offset = kSegmentHeader.size()};
  return {.segment = segments_.back().number, .offset = segments_.back().file.size()};
}

std::optional<std::string> Spool::path_of(std::uint64_t segment) const {
  if (segments_.empty() || segment < segments_.front().number || segment > segments_.back().number)
    return std::nullopt;
  return segments_[segment - segments_.front().number].file.path();
}

Spool::Stats Spool::stats() const noexcept {
  Stats stats{.open_intents = open_.size()};
  for (const Segment& segment : segments_) {
    stats.bytes += segment.file.size();
    stats.undelivered += segment.undelivered;
  }
  return stats;
}

}  // namespace relayna::ledger
