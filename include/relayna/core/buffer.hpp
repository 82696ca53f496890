#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace relayna::core {

/// Growing bytes for request bodies. Grows by realloc, which for large blocks moves pages instead of bytes (a
/// 30 MB body costs no copy), and keeps `kPadding` readable bytes behind the end, which simdjson needs.
/// Move-only. Throws std::bad_alloc.
class Buffer {
 public:
  static constexpr std::size_t kPadding = 64;  ///< ≥ simdjson::SIMDJSON_PADDING

  Buffer() = default;
  explicit Buffer(std::string_view bytes) { append(bytes); }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  void reserve(std::size_t bytes);
  void append(std::string_view bytes);
  void clear() noexcept { size_ = 0; }
  /// Gives the memory back.
  void release() noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::string_view view() const noexcept { return {data_, size_}; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;  // without the padding
};

}  // namespace relayna::core
