#include "control/resources/expiry.hpp"

#include "control/resources/references.hpp"

namespace relayna::control {

namespace {

using store::Filter;
using Test = Filter::Test;

/// Expired is a row in the very moment, and columns have microseconds.
std::string next(core::SystemTime now) {
  return core::to_rfc3339(now + std::chrono::microseconds(1));
}

/// Neither revoked nor disabled.
std::vector<Filter> in_use() {
  return {{"revoked_at", Test::is_null, {}}, {"disabled", Test::equals, "false"}};
}

}  // namespace

void check_expiry(const Call& call, Problems& problems) {
  if (call.operation->method != "POST") return;
  const auto given = text_in(call.body, "expires_at");
  const auto moment = given ? core::parse_rfc3339(*given) : std::nullopt;
  if (moment && *moment <= call.now)
    problems.add("expires_at", "must lie ahead; it is " + core::to_rfc3339(call.now) + " now");
}

std::vector<FilterValue> life_states() {
  return {{"active",
           [](core::SystemTime now) {
             auto all = in_use();
             all.push_back({"expires_at", Test::at_least_or_null, next(now)});
             return all;
           }},
          {"disabled",
           [](core::SystemTime) -> std::vector<Filter> {
             return {{"revoked_at", Test::is_null, {}}, {"disabled", Test::equals, "true"}};
           }},
          {"revoked",
           [](core::SystemTime) -> std::vector<Filter> { return {{"revoked_at", Test::is_not_null, {}}}; }},
          {"expired", [](core::SystemTime now) {
             auto all = in_use();
             all.push_back({"expires_at", Test::below, next(now)});
             return all;
           }}};
}

std::vector<FilterValue> life_states_and_expiring(std::chrono::days within) {
  auto states = life_states();
  states.push_back({"expiring", [within](core::SystemTime now) {
                      auto all = in_use();
                      all.push_back({"expires_at", Test::at_least, next(now)});
                      all.push_back({"expires_at", Test::below, next(now + within)});
                      return all;
                    }});
  return states;
}

}  // namespace relayna::control
