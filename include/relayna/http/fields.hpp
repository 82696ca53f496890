#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace relayna::http {

struct Field {
  std::string_view name;
  std::string_view value;
};

/// Header fields in the order received, names as spelled; looked up without regard to case. All text lives in
/// one arena, so a request's twenty fields are two allocations. Views die with the object or its next change.
class Fields {
 public:
  void add(std::string_view name, std::string_view value);
  /// Removes every field of that name, then adds one.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  void clear() noexcept;
  void reserve(std::size_t fields, std::size_t bytes);
  /// The first value, nullopt when absent.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  /// The first value, empty when absent.
  [[nodiscard]] std::string_view get(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
  /// True when a comma-separated list field (any of several) has `token`, without regard to case.
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }
  [[nodiscard]] Field operator[](std::size_t i) const noexcept;

  class Iterator {
   public:
    Iterator(const Fields* f, std::size_t i) : f_(f), i_(i) {}
    Field operator*() const noexcept { return (*f_)[i_]; }
    Iterator& operator++() noexcept {
      ++i_;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const Fields* f_;
    std::size_t i_;
  };
  [[nodiscard]] Iterator begin() const noexcept { return {this, 0}; }
  [[nodiscard]] Iterator end() const noexcept { return {this, slots_.size()}; }

 private:
  struct Slot {
    std::uint32_t name;
    std::uint32_t value;
    std::uint32_t value_length;
    std::uint16_t name_length;
  };
  std::string arena_;
  std::vector<Slot> slots_;
};

/// Connection, Keep-Alive, TE, Trailer, Transfer-Encoding, Upgrade, Proxy-*: never forwarded (RFC 9110
/// §7.6.1). Whatever `Connection` names must be dropped too; see `connection_names`.
bool is_hop_by_hop(std::string_view name) noexcept;

/// True when a Connection field lists `name` as meant for this hop only.
bool connection_names(const Fields& fields, std::string_view name) noexcept;

}  // namespace relayna::http
