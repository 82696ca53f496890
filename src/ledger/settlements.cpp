#include "ledger/settlements.hpp"

#include <iterator>
#include <utility>

namespace relayna::ledger {

void Settlements::began(counters::Delivered request, std::string admitted_in) {
  std::string id = request.request_id;
  Entry entry;
  entry.request = std::move(request);
  entry.admitted_in = std::move(admitted_in);
  entries_.insert_or_assign(std::move(id), std::move(entry));
}

void Settlements::judge(const std::string& request_id, const Entry& entry) {
  if (entry.durable && entry.state != State::settling) ready_.push_back(request_id);
}

void Settlements::settled(const std::string& request_id, const counters::Settlement& settlement,
                          core::TimePoint now) {
  const auto it = entries_.find(request_id);
  if (it == entries_.end()) return;
  Entry& entry = it->second;
  // Told twice, because its announcement and its end crossed: the first answer stands.
  if (entry.request.counted && !settlement.known && entry.request.epoch == settlement.epoch) return;
  entry.state = settlement.known && settlement.all_seeded ? State::whole : State::doubtful;
  // Unknown in the epoch of its admission means settled before: the answer was lost, or another replica did
  // it.
  entry.request.counted = settlement.known || settlement.epoch == entry.admitted_in;
  entry.request.epoch = settlement.epoch;
  entry.settled_at = now;
  judge(request_id, entry);
}

void Settlements::missed(const std::string& request_id) {
  const auto it = entries_.find(request_id);
  if (it == entries_.end()) return;
  it->second.state = State::doubtful;
  it->second.request.counted = false;
  judge(request_id, it->second);
}

bool Settlements::delivered(const std::string& request_id, std::uint64_t stamp, core::TimePoint handed_over) {
  const auto it = entries_.find(request_id);
  if (it == entries_.end()) return false;
  it->second.durable = true;
  it->second.request.stamp = stamp;
  it->second.handed_over = handed_over;
  judge(request_id, it->second);
  return true;
}

std::optional<counters::Amounts> Settlements::used(const std::string& request_id) const {
  const auto it = entries_.find(request_id);
  if (it == entries_.end()) return std::nullopt;
  return it->second.request.amounts;
}

std::vector<counters::Delivered> Settlements::due(const std::string& epoch) {
  std::vector<counters::Delivered> out = std::move(again_);
  again_.clear();
  for (const std::string& id : ready_) {
    const auto it = entries_.find(id);
    if (it == entries_.end()) continue;
    Entry& entry = it->second;
    // Seeds that were complete when it was settled were read before its event existed: they do not hold it,
    // and the counters do.
    const bool certain =
        entry.state == State::whole && entry.settled_at <= entry.handed_over && entry.request.epoch == epoch;
    if (!certain) out.push_back(std::move(entry.request));
    entries_.erase(it);
  }
  ready_.clear();
  return out;
}

void Settlements::give_back(std::vector<counters::Delivered> requests) {
  again_.insert(again_.end(), std::make_move_iterator(requests.begin()),
                std::make_move_iterator(requests.end()));
}

}  // namespace relayna::ledger
