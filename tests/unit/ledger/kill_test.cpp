#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "ledger/spool/dead_log.hpp"
#include "samples.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

// Real processes, killed while they write: of everything they said was written, the next process finds
// exactly what is right.

namespace relayna::ledger::test {
namespace {

using relayna::test::Process;
using relayna::test::TempDir;

/// What a peer said: whole lines only.
std::map<std::uint32_t, char> said(const std::string& file) {
  std::ifstream in(file);
  std::ostringstream all;
  all << in.rdbuf();
  std::string text = all.str();
  text.resize(text.rfind('\n') + 1);
  std::istringstream lines(text);
  std::map<std::uint32_t, char> last;
  char what = 0;
  std::uint32_t n = 0;
  while (lines >> what >> n) last[n] = what;
  return last;
}

TEST(LedgerKill, WhatWasWrittenIsFoundWheneverItIsKilled) {
  std::size_t events = 0;
  std::size_t interrupted_ones = 0;
  for (unsigned round = 0; round < 12; ++round) {
    TempDir dir;
    {
      Process peer({LEDGER_PEER, dir.path("state"), "1", std::to_string(round)},
                   {.output = dir.path("said")});
      const std::uintmax_t enough = 500 + 1'500 * std::uintmax_t{round};
      ASSERT_TRUE(relayna::test::eventually([&] {
        std::error_code none;
        const auto size = std::filesystem::file_size(dir.path("said"), none);
        return !none && size > enough;
      }));
      peer.signal(SIGKILL);
      EXPECT_EQ(peer.wait(), 128 + SIGKILL);
    }
    const auto told = said(dir.path("said"));
    auto folder = SpoolFolder::open(dir.path("state"), {});
    ASSERT_TRUE(folder) << folder.error().describe();
    std::map<std::string, std::string> found;
    for (auto& files : (*folder)->take_previous()) {
      DeadLog log(std::move(files));
      for (bool last = false; !last;) {
        const auto batch = log.next(100);
        last = batch.last;
        for (const auto& settled : batch.events)
          EXPECT_TRUE(found.emplace(settled.event.request_id, settled.event.usage_source).second) << "twice";
      }
      log.remove();
    }
    // The very last thing may have been written and not been said.
    std::size_t unsaid = 0;
    for (const auto& [n, what] : told) {
      const auto it = found.find(id_of(n));
      const std::string source = it == found.end() ? "" : it->second;
      if (what == 'i') {
        if (source == "reported")
          ++unsaid;
        else
          EXPECT_EQ(source, "interrupted") << n;
        ++interrupted_ones;
      } else if (what == 'e') {
        EXPECT_EQ(source, "reported") << n;
        ++events;
      } else {
        EXPECT_NE(source, "interrupted") << n << ": its event is in the store";
      }
    }
    for (const auto& [id, source] : found) {
      const auto n = static_cast<std::uint32_t>(std::stoul(id.substr(28), nullptr, 16));
      if (!told.contains(n)) ++unsaid;
    }
    EXPECT_LE(unsaid, 1U);
  }
  EXPECT_GT(events, 100U);
  EXPECT_GT(interrupted_ones, 12U);
}

TEST(LedgerKill, AFolderBelongsToOneProcess) {
  TempDir dir;
  Process peer({LEDGER_PEER, dir.path("state"), "1", "1"}, {.output = dir.path("said")});
  ASSERT_TRUE(relayna::test::eventually([&] { return !said(dir.path("said")).empty(); }));
  Process second({LEDGER_PEER, dir.path("state"), "1", "1"}, {.output = dir.path("refusal")});
  EXPECT_EQ(second.wait(), 4);
  std::ifstream in(dir.path("refusal"));
  std::string line;
  std::getline(in, line);
  EXPECT_TRUE(line.contains("GATEWAY_STATE_DIR")) << line;
  peer.signal(SIGKILL);
  peer.wait();
  EXPECT_TRUE(SpoolFolder::open(dir.path("state"), {})) << "the lock ends with the process";
}

}  // namespace
}  // namespace relayna::ledger::test
