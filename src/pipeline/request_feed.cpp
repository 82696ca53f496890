#include "relayna/pipeline/request_feed.hpp"

namespace relayna::pipeline {

namespace {
/// By when they ended; ids are in the order of arrival.
auto moment(const FinishedRequest& request) {
  return std::pair(request.ended, request.request_id.view());
}
}  // namespace

std::string_view to_string(Stage stage) noexcept {
  constexpr std::array<std::string_view, kStages> names{"auth",     "read",   "policy", "admit",
                                                        "upstream", "stream", "settle"};
  return names[static_cast<std::size_t>(stage)];
}

std::uint64_t RequestRing::end() const {
  const std::lock_guard lock(mutex_);
  return written_;
}

std::uint64_t RequestRing::read(std::uint64_t& from, std::size_t most, const Wanted& wanted,
                                std::vector<FinishedRequest>& out) const {
  std::uint64_t lost = 0;
  const std::uint64_t until = end();  // what is written meanwhile is for the next time: this one has an end
  const std::size_t full = out.size() + most;
  while (from < until && out.size() < full) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t oldest = written_ - std::min<std::uint64_t>(written_, slots_.size());
    if (from < oldest) {
      lost += oldest - from;
      from = oldest;
    }
    const std::uint64_t slice = std::min(until, from + kSlice);
    for (; from < slice && out.size() < full; ++from) {
      const FinishedRequest& request = slots_[from % slots_.size()];
      if (!wanted || wanted(request)) out.push_back(request);
    }
  }
  return lost;
}

std::optional<FinishedRequest> RequestRing::find(std::string_view request_id) const {
  for (std::size_t begin = 0; begin < slots_.size(); begin += kSlice) {
    const std::lock_guard lock(mutex_);
    const std::size_t end = std::min(begin + kSlice, slots_.size());
    for (std::size_t i = begin; i < end; ++i) {
      if (slots_[i].request_id.view() == request_id) return slots_[i];
    }
  }
  return std::nullopt;
}

RequestFeed::RequestFeed(std::size_t shards, std::size_t capacity) {
  for (std::size_t i = 0; i < shards; ++i) rings_.push_back(std::make_unique<RequestRing>(capacity));
}

std::optional<FinishedRequest> RequestFeed::find(std::string_view request_id) const {
  for (const auto& ring : rings_) {
    if (auto found = ring->find(request_id)) return found;
  }
  return std::nullopt;
}

std::vector<FinishedRequest> RequestFeed::recent(std::size_t most, const Wanted& wanted) const {
  std::vector<FinishedRequest> all;
  for (const auto& ring : rings_) {
    std::uint64_t from = 0;
    ring->read(from, ring->capacity(), wanted, all);
  }
  std::ranges::sort(all, std::ranges::greater{}, moment);
  if (all.size() > most) all.resize(most);
  return all;
}

FeedReader::FeedReader(const RequestFeed& feed, Wanted wanted) : feed_(feed), wanted_(std::move(wanted)) {
  for (const auto& ring : feed.rings()) places_.push_back(ring->end());
}

FeedReader::Batch FeedReader::next(std::size_t most) {
  Batch batch;
  for (std::size_t i = 0; i < places_.size(); ++i)
    batch.lost += feed_.rings()[i]->read(places_[i], most, wanted_, batch.requests);
  if (places_.size() > 1) std::ranges::sort(batch.requests, {}, moment);
  return batch;
}

}  // namespace relayna::pipeline
