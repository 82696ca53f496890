#pragma once

#include "relayna/pipeline/finished_request.hpp"

namespace relayna::pipeline {

/// Adds up what a request spends on each stage; the time between two calls belongs to the stage entered by
/// the first. One shard.
class StageClock {
 public:
  explicit StageClock(core::TimePoint began) noexcept : since_(began) {}
  void enter(Stage next, core::TimePoint now) noexcept {
    spent_[static_cast<std::size_t>(stage_)] += now - since_;
    stage_ = next;
    since_ = now;
  }
  [[nodiscard]] const StageTimes& spent() const noexcept { return spent_; }

 private:
  Stage stage_ = Stage::auth;
  core::TimePoint since_;
  StageTimes spent_{};
};

}  // namespace relayna::pipeline
