#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "relayna/core/id_age.hpp"
#include "relayna/counters/counters.hpp"

namespace relayna::ledger {

/// Follows each request from its settlement until it is certain that the counters have it once: they heard of
/// it while they were whole, or they were told of the transaction that made it durable (`Counters::account`).
/// Settlement and delivery come in any order. No I/O. One shard.
class Settlements {
 public:
  /// The request has ended; the counters are about to be told. `admitted_in`: the epoch of its admission.
  void began(counters::Delivered request, std::string admitted_in);
  /// The counters answered.
  void settled(const std::string& request_id, const counters::Settlement& settlement, core::TimePoint now);
  /// The counters were not in charge of this one (local limits were in force).
  void missed(const std::string& request_id);
  /// The event was made durable by the transaction `stamp`, which began no earlier than `handed_over`. False
  /// when the request is not known, which changes nothing.
  bool delivered(const std::string& request_id, std::uint64_t stamp, core::TimePoint handed_over);

  /// What an open one was settled with.
  [[nodiscard]] std::optional<counters::Amounts> used(const std::string& request_id) const;
  /// What has to be accounted for when `epoch` is the counters' present one; what is certain is forgotten.
  /// `give_back` what could not be told.
  std::vector<counters::Delivered> due(const std::string& epoch);
  void give_back(std::vector<counters::Delivered> requests);
  [[nodiscard]] std::size_t open() const noexcept { return entries_.size() + again_.size(); }
  /// Whether `due` has something to judge.
  [[nodiscard]] bool has_ready() const noexcept { return !ready_.empty() || !again_.empty(); }

 private:
  enum class State : std::uint8_t { settling, whole, doubtful };
  struct Entry {
    counters::Delivered request;
    std::string admitted_in;
    State state = State::settling;
    core::TimePoint settled_at{};
    bool durable = false;
    core::TimePoint handed_over{};
  };
  void judge(const std::string& request_id, const Entry& entry);
  std::unordered_map<std::string, Entry, core::IdAgeHash> entries_;
  std::vector<std::string> ready_;  ///< settled and durable
  std::vector<counters::Delivered> again_;
};

}  // namespace relayna::ledger
