#pragma once

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/core/crypto.hpp"
#include "relayna/core/ids.hpp"
#include "relayna/declare/apply.hpp"
#include "relayna/declare/file.hpp"

#include "fake_store.hpp"

namespace relayna::config {
inline void PrintTo(const Problem& problem, std::ostream* out) {
  *out << problem.where << ": " << problem.message;
}
}  // namespace relayna::config

namespace relayna::declare {

inline std::string key_secret(char digit) {
  return "rk_live_" + std::string(64, digit);
}

inline std::string problems_of(const Reading& reading) {
  std::string text;
  for (const auto& problem : reading.problems) text += problem.where + ": " + problem.message + "\n";
  return text;
}
inline std::string problems_in(std::string_view text, const config::Environment& environment = {}) {
  return problems_of(read(text, "f.yaml", environment));
}

/// A keyring that can be looked into: sealing adds a serial number, so no two sealed texts are equal.
struct FakeSealing {
  int seals = 0;
  bool opens = true;
  std::vector<std::string> contexts;

  Sealing get() {
    return {[this](std::string_view plain, std::string_view context) -> core::Result<std::string> {
              contexts.emplace_back(context);
              return std::to_string(++seals) + "|" + std::string(context) + "|" + std::string(plain);
            },
            [this](std::string_view sealed, std::string_view context) -> core::Result<core::Secret> {
              const std::size_t first = sealed.find('|');
              const std::size_t second = sealed.find('|', first + 1);
              if (!opens || sealed.substr(first + 1, second - first - 1) != context) {
                return core::fail(core::ErrorCode::invalid_configuration);
              }
              return core::Secret(std::string(sealed.substr(second + 1)));
            },
            [](std::string_view secret) { return core::sha256(secret); }};
  }
};

/// A store, a keyring, a clock, and files applied to them.
class ApplyTest : public testing::Test {
 protected:
  Report apply_text(std::string_view text) {
    const Reading reading = read(text, "f.yaml", {});
    EXPECT_THAT(reading.problems, testing::IsEmpty());
    auto report = apply(reading.file, store_, sealing_.get(), now_);
    EXPECT_TRUE(report) << report.error().describe();
    return report ? *report : Report{};
  }
  const domain::VirtualKey& key(std::string_view name) const {
    for (const auto& candidate : store_.all_keys) {
      if (candidate.name == name && !candidate.revoked_at) return candidate;
    }
    throw std::out_of_range("no such key");
  }
  const store::ProviderRow& provider(std::string_view name) const {
    for (const auto& row : store_.rows.providers) {
      if (row.provider.name == name) return row;
    }
    throw std::out_of_range("no such provider");
  }

  FakeStore store_;
  FakeSealing sealing_;
  core::SystemTime now_ = core::parse_rfc3339("2026-11-20T12:00:00Z").value();
};

}  // namespace relayna::declare
