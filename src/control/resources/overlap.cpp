#include "control/resources/overlap.hpp"

#include "relayna/identity/keys.hpp"

#include "control/api/codec.hpp"

namespace relayna::control {

namespace {
constexpr std::int64_t kMostSeconds = 30 * 86'400;
constexpr std::int64_t kDefaultSeconds = std::chrono::seconds(identity::kDefaultOverlap).count();
}  // namespace

std::chrono::seconds read_overlap(Call& call) {
  std::int64_t seconds = kDefaultSeconds;
  if (call.body.is_null()) return std::chrono::seconds(seconds);
  for (const auto& [name, given] : call.body.items()) {
    if (name == "overlap_seconds") {
      number(0, kMostSeconds).read(given, seconds, name, call.problems);
    } else {
      call.problems.add(name, "is unknown; there is: overlap_seconds");
    }
  }
  return std::chrono::seconds(seconds);
}

json::Document overlap_schema() {
  return {{"type", "object"},
          {"additionalProperties", false},
          {"x-optional", true},
          {"properties",
           {{"overlap_seconds",
             {{"type", "integer"},
              {"minimum", 0},
              {"maximum", kMostSeconds},
              {"default", kDefaultSeconds},
              {"description", "How long the old secret is still accepted."}}}}}};
}

}  // namespace relayna::control
