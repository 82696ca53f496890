#include "relayna/runtime/stop.hpp"

namespace relayna::runtime {

void StopSource::request_stop(StopReason reason) {
  if (stopped_) return;
  stopped_ = true;
  reason_ = reason;
  // A callback may destroy itself, destroy others or register new ones (which then run at once), so each is
  // unlinked and its function moved out before it runs.
  while (head_ != nullptr) {
    StopCallback* callback = head_;
    head_ = callback->next_;
    if (head_ != nullptr) head_->prev_ = nullptr;
    callback->source_ = nullptr;
    callback->next_ = nullptr;
    auto fn = std::move(callback->fn_);
    fn();
  }
}

StopCallback::StopCallback(StopSource* source, std::function<void()> fn)
    : source_(source), fn_(std::move(fn)) {
  if (source_ == nullptr) return;
  if (source_->stopped_) {
    source_ = nullptr;
    auto run = std::move(fn_);
    run();
    return;
  }
  next_ = source_->head_;
  if (next_ != nullptr) next_->prev_ = this;
  source_->head_ = this;
}

StopCallback::~StopCallback() {
  if (source_ == nullptr) return;
  if (prev_ != nullptr) {
    prev_->next_ = next_;
  } else {
    source_->head_ = next_;
  }
  if (next_ != nullptr) next_->prev_ = prev_;
}

}  // namespace relayna::runtime
