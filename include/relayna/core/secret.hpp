#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace relayna::core {

/// A string that cannot be printed: no stream operator, no formatter, no implicit conversion. Its bytes are
/// wiped when it dies. `reveal()` is the only way in, so `grep reveal` finds every use.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  [[nodiscard]] std::string_view reveal() const noexcept { return value_; }
  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return value_.size(); }
  /// Constant time in the length of the shorter one.
  friend bool operator==(const Secret& a, const Secret& b) noexcept;

 private:
  void wipe() noexcept;
  std::string value_;
};

}  // namespace relayna::core
