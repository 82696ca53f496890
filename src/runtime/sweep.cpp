#include "relayna/runtime/sweep.hpp"

namespace relayna::runtime {

Expirable::~Expirable() {
  if (sweep_ != nullptr) sweep_->remove(*this);
}

DeadlineSweep::~DeadlineSweep() {
  for (Expirable* item = head_; item != nullptr;) {
    Expirable* next = item->next_;
    item->sweep_ = nullptr;
    item->prev_ = item->next_ = nullptr;
    item = next;
  }
}

void DeadlineSweep::add(Expirable& item) noexcept {
  if (item.sweep_ == this) return;
  if (item.sweep_ != nullptr) item.sweep_->remove(item);
  item.sweep_ = this;
  item.prev_ = nullptr;
  item.next_ = head_;
  if (head_ != nullptr) head_->prev_ = &item;
  head_ = &item;  // in front of the cursor: not visited by a sweep that is under way
  ++size_;
}

void DeadlineSweep::remove(Expirable& item) noexcept {
  if (item.sweep_ != this) return;
  if (cursor_ == &item) cursor_ = item.next_;
  if (item.prev_ != nullptr) {
    item.prev_->next_ = item.next_;
  } else {
    head_ = item.next_;
  }
  if (item.next_ != nullptr) item.next_->prev_ = item.prev_;
  item.sweep_ = nullptr;
  item.prev_ = item.next_ = nullptr;
  --size_;
}

void DeadlineSweep::sweep(core::TimePoint now) {
  // cursor_ is a member so that remove() can step it over an item that goes away inside on_expired.
  cursor_ = head_;
  while (cursor_ != nullptr) {
    Expirable& item = *cursor_;
    cursor_ = item.next_;
    if (!item.deadline_.passed(now)) continue;
    item.deadline_ = {};
    item.on_expired();
  }
}

}  // namespace relayna::runtime
