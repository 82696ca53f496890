#pragma once

#include <string_view>

namespace relayna::counters {

/// A Lua script of redis/scripts and the SHA-1 Redis knows it by. Embedded at build time.
struct Script {
  std::string_view text;
  std::string_view sha;
};

extern const Script kAdmit;
extern const Script kExtend;
extern const Script kSettle;
extern const Script kRelease;
extern const Script kSeed;
extern const Script kAccount;
extern const Script kLease;
extern const Script kUse;
extern const Script kReset;

}  // namespace relayna::counters
