#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ledger/spool/dead_log.hpp"
#include "ledger/spool/spool.hpp"
#include "samples.hpp"
#include "support/temp_dir.hpp"

namespace relayna::ledger::test {

/// A folder, and what a new process would find in it.
class SpoolTest : public testing::Test {
 protected:
  void open_folder(SpoolFolder::Settings settings = {.segment_bytes = 4'096, .most_bytes = 1 << 20}) {
    folder.reset();
    auto opened = SpoolFolder::open(dir.path(""), settings);
    ASSERT_TRUE(opened) << opened.error().describe();
    folder = std::move(*opened);
  }
  std::vector<std::string> files() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(dir.path("spool"))) {
      if (entry.path().extension() == ".spool") out.push_back(entry.path().string());
    }
    std::ranges::sort(out);
    return out;
  }
  struct Found {
    std::vector<std::string> events, interrupted;  // request ids, in order
  };
  /// Reads all files as one log.
  static Found replay(SpoolFolder::Files files, std::size_t most = 3) {
    DeadLog log(std::move(files));
    Found found;
    while (true) {
      const auto batch = log.next(most);
      EXPECT_LE(batch.events.size(), most);
      for (const auto& settled : batch.events)
        (batch.interrupted > 0 ? found.interrupted : found.events).push_back(settled.event.request_id);
      if (batch.last) return found;
    }
  }
  Found replay() const { return replay(files()); }

  relayna::test::TempDir dir;
  std::unique_ptr<SpoolFolder> folder;
  core::FakeClock clock;
};

inline std::vector<std::string> ids(std::initializer_list<std::uint32_t> numbers) {
  std::vector<std::string> out;
  for (const auto n : numbers) out.push_back(id_of(n));
  return out;
}

inline Spool::Mark mark(std::uint32_t n, const std::optional<Spool::Place>& place) {
  return {.id = *core::Uuid::parse(id_of(n)),
          .segment = place ? std::optional(place->segment) : std::nullopt};
}

}  // namespace relayna::ledger::test
