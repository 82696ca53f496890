// Begins and ends requests through a spool until it is killed. Each is reported on standard output after the
// call that promises it: `i <n>` for an intent, `e <n>` for events that are flushed, `d <n>` for a mark.
//   ledger_peer <state dir> <first number> <seed>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <unistd.h>

#include "ledger/spool/spool.hpp"
#include "samples.hpp"

namespace {

using namespace relayna::ledger;
using namespace relayna::ledger::test;

void say(char what, std::uint32_t n) {
  char line[32];
  const int size = std::snprintf(line, sizeof line, "%c %u\n", what, n);
  if (::write(STDOUT_FILENO, line, static_cast<std::size_t>(size)) != size) std::_Exit(3);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  auto folder = SpoolFolder::open(argv[1], {.segment_bytes = 64 << 10, .most_bytes = 64 << 20});
  if (!folder) {
    std::fprintf(stderr, "%s\n", folder.error().message.c_str());
    return 4;
  }
  Spool spool(**folder, 0, relayna::core::real_clock());
  auto next = static_cast<std::uint32_t>(std::stoul(argv[2]));
  std::mt19937 random(static_cast<unsigned>(std::stoul(argv[3])));
  std::vector<std::uint32_t> open;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> undelivered;
  while (true) {
    if (open.size() < 20) {
      if (!spool.intent(sample_intent(next))) return 5;
      say('i', next);
      open.push_back(next++);
    }
    if (random() % 2 == 0) {
      std::swap(open[random() % open.size()], open.back());
      const auto place = spool.settled(sample_settled(open.back()));
      if (!place || !spool.flush()) return 6;
      say('e', open.back());
      undelivered.emplace_back(open.back(), place->segment);
      open.pop_back();
    }
    if (undelivered.size() > 64) {
      std::vector<Spool::Mark> marks;
      for (std::size_t i = 0; i < 32; ++i)
        marks.push_back({.id = *relayna::core::Uuid::parse(id_of(undelivered[i].first)),
                         .segment = undelivered[i].second});
      // Said before: from here on it may be in the store only.
      for (std::size_t i = 0; i < 32; ++i) say('d', undelivered[i].first);
      undelivered.erase(undelivered.begin(), undelivered.begin() + 32);
      spool.delivered(marks);
    }
  }
}
