#include "relayna/core/buffer.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <new>

namespace relayna::core {

namespace {
constexpr std::size_t kSmallest = 512;
constexpr std::size_t kLargest = std::numeric_limits<std::size_t>::max() / 4;
}  // namespace

Buffer::~Buffer() {
  std::free(data_);
}

void Buffer::reserve(std::size_t bytes) {
  if (bytes <= capacity_ && data_ != nullptr) return;
  if (bytes > kLargest) throw std::bad_alloc();
  void* grown = std::realloc(data_, bytes + kPadding);
  if (grown == nullptr) throw std::bad_alloc();
  data_ = static_cast<char*>(grown);
  capacity_ = bytes;
  std::memset(data_ + size_, 0, kPadding);
}

void Buffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  if (bytes.size() > kLargest - size_) throw std::bad_alloc();
  const std::size_t needed = size_ + bytes.size();
  // A piece of this very buffer stays valid: remember it by its place, since growing may move the block.
  const bool own = data_ != nullptr && std::less_equal<>{}(data_, bytes.data()) &&
                   std::less<>{}(bytes.data(), data_ + capacity_);
  const std::size_t place = own ? static_cast<std::size_t>(bytes.data() - data_) : 0;
  if (needed > capacity_ || data_ == nullptr) {
    reserve(std::max({needed, std::min(capacity_ + capacity_ / 2, kLargest), kSmallest}));
  }
  std::memmove(data_ + size_, own ? data_ + place : bytes.data(), bytes.size());
  size_ = needed;
  std::memset(data_ + size_, 0, kPadding);
}

void Buffer::release() noexcept {
  std::free(data_);
  data_ = nullptr;
  size_ = 0;
  capacity_ = 0;
}

}  // namespace relayna::core
