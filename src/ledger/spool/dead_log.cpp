#include "ledger/spool/dead_log.hpp"

#include <algorithm>

#include <unistd.h>

#include "relayna/telemetry/log.hpp"

#include "ledger/codec.hpp"
#include "ledger/spool/frame.hpp"
#include "ledger/spool/segment_file.hpp"

namespace relayna::ledger {

namespace {
constexpr std::size_t kReadAtOnce = std::size_t{16} << 20;
}

/// False when it is to be left alone.
bool DeadLog::open_file(std::size_t index) {
  bytes_.clear();
  while (true) {
    const auto more = read_file(files_[index], bytes_.size(), kReadAtOnce);
    if (!more) {
      telemetry::log("ledger")->error("a file of usage events is left as it is: {}", more.error().detail);
      return false;
    }
    bytes_ += *more;
    if (more->size() < kReadAtOnce) break;
  }
  if (bytes_.size() < kSegmentHeader.size()) return true;  // begun and nothing more
  if (!bytes_.starts_with(kSegmentHeader)) {
    telemetry::log("ledger")->error(
        "a file is left as it is, for it holds no usage events of this version: {}", files_[index]);
    return false;
  }
  return true;
}

/// Which requests are begun, ended and delivered.
void DeadLog::survey() {
  surveyed_ = true;
  std::unordered_set<core::Uuid, core::UuidHash> ended;
  for (std::size_t f = 0; f < files_.size(); ++f) {
    usable_.push_back(open_file(f));
    if (!usable_.back() || bytes_.size() < kSegmentHeader.size()) continue;
    FrameReader frames(std::string_view(bytes_).substr(kSegmentHeader.size()));
    while (const auto frame = frames.next()) {
      const std::size_t offset = bytes_.size() - frames.rest().size() - frame->size;
      switch (static_cast<RecordType>(frame->type)) {
        case RecordType::intent:
          if (const auto id = decode_request_id(frame->payload); id && !ended.contains(*id))
            intents_.insert_or_assign(*id, Place{.file = f, .offset = offset, .size = frame->size});
          break;
        case RecordType::event:
          if (const auto id = decode_request_id(frame->payload)) {
            ended.insert(*id);
            intents_.erase(*id);
          }
          break;
        case RecordType::delivered:
          for (const core::Uuid& id : parse_delivered(frame->payload)) {
            ended.insert(id);
            done_.insert(id);
            intents_.erase(id);
          }
          break;
      }
    }
    if (!frames.rest().empty())
      telemetry::log("ledger")->warn("the last {} bytes of {} are no whole record and are passed over",
                                     frames.rest().size(), files_[f]);
  }
  remaining_.assign(intents_.begin(), intents_.end());
  // From the last, since they are taken from the end.
  std::ranges::sort(remaining_, [](const auto& a, const auto& b) {
    return std::pair(a.second.file, a.second.offset) > std::pair(b.second.file, b.second.offset);
  });
  intents_.clear();
}

DeadLog::Batch DeadLog::next(std::size_t most) {
  if (!surveyed_) survey();
  Batch batch;
  for (; file_ < files_.size(); ++file_, offset_ = 0) {
    if (!usable_[file_]) continue;
    if (offset_ == 0) {
      if (!open_file(file_)) continue;
      offset_ = kSegmentHeader.size();
    }
    if (bytes_.size() < offset_) continue;
    FrameReader frames(std::string_view(bytes_).substr(offset_));
    while (const auto frame = frames.next()) {
      offset_ += frame->size;
      if (frame->type != static_cast<std::uint8_t>(RecordType::event)) continue;
      const auto id = decode_request_id(frame->payload);
      if (!id || !done_.insert(*id).second) continue;
      if (auto settled = decode_settled(frame->payload))
        batch.events.push_back(std::move(*settled));
      else
        telemetry::log("ledger")->error("the event of request {} in {} cannot be read", id->str(),
                                        files_[file_]);
      if (batch.events.size() >= most) return batch;
    }
  }
  bytes_ = {};
  if (!batch.events.empty()) return batch;
  return interrupted_ones(most);
}

/// After the events, in batches of their own.
DeadLog::Batch DeadLog::interrupted_ones(std::size_t most) {
  Batch batch;
  while (!remaining_.empty() && batch.events.size() < most) {
    const Place place = remaining_.back().second;
    remaining_.pop_back();
    const auto bytes = read_file(files_[place.file], place.offset, place.size);
    if (!bytes) continue;
    FrameReader frames(*bytes);
    const auto frame = frames.next();
    if (!frame) continue;
    if (auto intent = decode_intent(frame->payload)) {
      batch.events.push_back(interrupted(std::move(*intent)));
      ++batch.interrupted;
    }
  }
  batch.last = remaining_.empty();
  return batch;
}

void DeadLog::remove() noexcept {
  for (std::size_t f = 0; f < files_.size(); ++f) {
    if (f < usable_.size() && usable_[f]) ::unlink(files_[f].c_str());
  }
}

}  // namespace relayna::ledger
