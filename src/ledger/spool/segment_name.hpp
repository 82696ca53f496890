#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace relayna::ledger {

/// `<log>.<number>.spool`; a log is one shard of one process: `<instance>.<shard>`.
struct SegmentName {
  std::string log;
  std::uint64_t number = 0;

  [[nodiscard]] std::string str() const { return fmt::format("{}.{:08}.spool", log, number); }
  static std::optional<SegmentName> parse(std::string_view file) {
    constexpr std::string_view kEnding = ".spool";
    if (!file.ends_with(kEnding) || file.starts_with(kRejected)) return std::nullopt;
    file.remove_suffix(kEnding.size());
    const std::size_t dot = file.rfind('.');
    if (dot == std::string_view::npos || dot == 0) return std::nullopt;
    SegmentName name{.log = std::string(file.substr(0, dot))};
    const std::string_view digits = file.substr(dot + 1);
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), name.number);
    if (problem != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return name;
  }
  /// What a file of events the store refused begins with; these are left for people.
  static constexpr std::string_view kRejected = "rejected.";
};

}  // namespace relayna::ledger
