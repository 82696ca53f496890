#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "relayna/pipeline/finished_request.hpp"

namespace relayna::pipeline {

/// Which requests somebody looks for; called under a lock, so it only compares.
using Wanted = std::function<bool(const FinishedRequest&)>;

/// The last requests of one shard that ended. Written by the shard, read by whoever looks on: each under a
/// lock that is held for a record, or for `kSlice` of them, so that looking never keeps a request waiting for
/// more than some microseconds. Fixed size; what nobody has read in time is overwritten.
class RequestRing {
 public:
  static constexpr std::size_t kSlice = 32;

  explicit RequestRing(std::size_t capacity) : slots_(capacity) {}
  RequestRing(const RequestRing&) = delete;
  RequestRing& operator=(const RequestRing&) = delete;

  /// Lets `fill` write the next record, over the oldest. `fill` gets a fresh one and must not throw.
  template <class Fill>
  void add(Fill&& fill) {
    const std::lock_guard lock(mutex_);
    FinishedRequest& slot = slots_[written_ % slots_.size()];
    slot = FinishedRequest();
    fill(slot);
    ++written_;
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }
  /// How many records were ever written: the place behind the newest one.
  [[nodiscard]] std::uint64_t end() const;
  /// Appends to `out` what was written from `from` on and is wanted, oldest first and at most `most`, and
  /// moves `from` behind what it looked at. Returns how many were overwritten before that: nobody knows
  /// whether they were wanted.
  std::uint64_t read(std::uint64_t& from, std::size_t most, const Wanted& wanted,
                     std::vector<FinishedRequest>& out) const;
  [[nodiscard]] std::optional<FinishedRequest> find(std::string_view request_id) const;

 private:
  mutable std::mutex mutex_;
  std::vector<FinishedRequest> slots_;
  std::uint64_t written_ = 0;
};

/// The rings of all shards of this process.
class RequestFeed {
 public:
  static constexpr std::size_t kRemembered = 1'024;  ///< requests per shard, some 2 MB

  explicit RequestFeed(std::size_t shards, std::size_t capacity = kRemembered);

  [[nodiscard]] RequestRing& ring(std::size_t shard) noexcept { return *rings_[shard]; }
  [[nodiscard]] const std::vector<std::unique_ptr<RequestRing>>& rings() const noexcept { return rings_; }
  [[nodiscard]] std::optional<FinishedRequest> find(std::string_view request_id) const;
  /// What is remembered and wanted, the newest first, at most `most`.
  [[nodiscard]] std::vector<FinishedRequest> recent(std::size_t most, const Wanted& wanted) const;

 private:
  std::vector<std::unique_ptr<RequestRing>> rings_;
};

/// Reads a feed from the moment of its construction on.
class FeedReader {
 public:
  FeedReader(const RequestFeed& feed, Wanted wanted);
  struct Batch {
    std::vector<FinishedRequest> requests;  ///< in the order they ended
    std::uint64_t lost = 0;                 ///< overwritten before they were read
  };
  /// What ended since the last call and is wanted, at most `most` of each shard; the rest is for the next
  /// one.
  Batch next(std::size_t most);

 private:
  const RequestFeed& feed_;
  Wanted wanted_;
  std::vector<std::uint64_t> places_;  ///< one per ring
};

}  // namespace relayna::pipeline
