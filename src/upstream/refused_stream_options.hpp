#pragma once

#include <chrono>
#include <string>
#include <unordered_map>

#include "relayna/upstream/dispatcher.hpp"

namespace relayna::upstream {

/// Whether an upstream refuses a request for its `stream_options`: a 400 or 422 whose body, of which 64 KiB
/// are looked at, names them. Some OpenAI-compatible servers know no such member and take none they do not
/// know. The answer stays whole. Errors: those of its body.
runtime::Task<core::Result<bool>> refuses_stream_options(Answer& answer);

/// Which models of which providers did without `stream_options` what they had refused with them. Remembered
/// for an hour, in which their streams are not asked for usage. One shard.
class PlainStreams {
 public:
  static constexpr std::chrono::hours kRemembered{1};

  void remember(const Candidate& candidate, core::TimePoint now);
  [[nodiscard]] bool holds(const Candidate& candidate, core::TimePoint now) const;

 private:
  static constexpr std::size_t kMost = 1'000;
  std::unordered_map<std::string, core::TimePoint> until_;  // by provider and model
};

}  // namespace relayna::upstream
