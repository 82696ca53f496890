#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/domain/limit_rules.hpp"

// What a request is charged to, made once for all requests of a key on a route with a model, and shared by
// everything that follows a request on its way. Immutable; copying copies a pointer. Any thread.

namespace relayna::domain {

/// Names of counters, in an order that means something to whoever has them.
class CounterNames {
 public:
  using value_type = std::string;
  using const_iterator = std::vector<std::string>::const_iterator;

  CounterNames() noexcept = default;
  // NOLINTBEGIN(google-explicit-constructor): a list of names is one
  CounterNames(std::vector<std::string> names);
  CounterNames(std::initializer_list<std::string> names);
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] std::size_t size() const noexcept { return all().size(); }
  [[nodiscard]] bool empty() const noexcept { return all().empty(); }
  [[nodiscard]] const std::string& operator[](std::size_t i) const noexcept { return all()[i]; }
  [[nodiscard]] const_iterator begin() const noexcept { return all().begin(); }
  [[nodiscard]] const_iterator end() const noexcept { return all().end(); }
  friend bool operator==(const CounterNames& a, const CounterNames& b) noexcept { return a.all() == b.all(); }

 private:
  friend class CounterSet;
  explicit CounterNames(std::shared_ptr<const std::vector<std::string>> names) noexcept
      : names_(std::move(names)) {}
  [[nodiscard]] const std::vector<std::string>& all() const noexcept;
  std::shared_ptr<const std::vector<std::string>> names_;  // null: none
};

/// The counters a request is charged to, and their names.
class CounterSet {
 public:
  using value_type = LimitedScope;
  using const_iterator = std::vector<LimitedScope>::const_iterator;

  CounterSet() noexcept = default;
  // NOLINTBEGIN(google-explicit-constructor): a list of counters is one
  CounterSet(std::vector<LimitedScope> counters);
  CounterSet(std::initializer_list<LimitedScope> counters);
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] std::size_t size() const noexcept { return all().size(); }
  [[nodiscard]] bool empty() const noexcept { return all().empty(); }
  [[nodiscard]] const LimitedScope& operator[](std::size_t i) const noexcept { return all()[i]; }
  [[nodiscard]] const_iterator begin() const noexcept { return all().begin(); }
  [[nodiscard]] const_iterator end() const noexcept { return all().end(); }
  /// `LimitedScope::id` of each.
  [[nodiscard]] CounterNames names() const noexcept;
  /// One of them for whoever keeps it longer.
  [[nodiscard]] std::shared_ptr<const LimitedScope> share(std::size_t i) const noexcept;
  /// As `domain::for_end_user`; the same set when no end user has a counter.
  [[nodiscard]] CounterSet for_end_user(std::string_view end_user) const;

 private:
  struct Shared {
    std::vector<LimitedScope> counters;
    std::vector<std::string> names;
    bool by_end_user = false;
  };
  [[nodiscard]] const std::vector<LimitedScope>& all() const noexcept;
  std::shared_ptr<const Shared> shared_;  // null: none
};

}  // namespace relayna::domain
