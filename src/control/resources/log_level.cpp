#include <fmt/ranges.h>

#include "relayna/telemetry/log.hpp"
#include "relayna/telemetry/log_targets.hpp"

#include "control/api/changes.hpp"
#include "control/api/schemas.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

namespace {

constexpr std::size_t kMostFilter = 512;

using Level = Resources::LogLevel;

Answer show(const std::string& filter) {
  Answer answer;
  answer.body = {{"level", filter}};
  return answer;
}

/// A misspelt target would be accepted and change nothing.
void check_filter(const std::string& filter, Problems& problems) {
  if (auto valid = telemetry::check_level(filter); !valid)
    return problems.add("level", std::string(valid.error().public_message()));
  const auto unknown = telemetry::unknown_log_targets(filter);
  if (unknown.empty()) return;
  problems.add("level", fmt::format("names what logs nothing: {}; there are: {}", fmt::join(unknown, ", "),
                                    fmt::join(telemetry::log_targets(), ", ")));
}

core::Result<std::string> read_filter(Call& call) {
  std::string filter;
  for (const auto& [name, given] : call.body.items()) {
    if (name == "level") {
      text(1, kMostFilter).read(given, filter, name, call.problems);
    } else {
      call.problems.add(name, "is unknown; there is: level");
    }
  }
  if (!call.body.contains("level")) call.problems.add("level", "is required");
  if (!call.problems.concern("level")) check_filter(filter, call.problems);
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  return filter;
}

/// The audit row first: a level nobody can account for is not set.
core::Result<Answer> set(store::Administration& store, Level& level, Call& call) {
  auto filter = read_filter(call);
  if (!filter) return std::unexpected(std::move(filter.error()));
  const std::lock_guard lock(level.mutex);
  auto answer = change(store, call, [&](store::Unit&, Note& note) -> core::Result<Answer> {
    note = {"log-level.update", "log-level", "", {{"level", level.filter}}, {{"level", *filter}}};
    return show(*filter);
  });
  if (!answer) return answer;
  if (auto applied = telemetry::set_level(*filter); !applied)
    return std::unexpected(std::move(applied.error()));
  level.filter = std::move(*filter);
  return answer;
}

Operation operation(std::string method, std::string verb, std::string summary, std::string scope) {
  Operation made;
  made.method = std::move(method);
  made.path = "/admin/log-level";
  made.id = "log-level." + std::move(verb);
  made.tag = "Settings";
  made.summary = std::move(summary);
  made.about = "Of the replica that answers, until it restarts.";
  made.scope = std::move(scope);
  made.response = object_schema({{"level", {{"type", "string"}}}});
  return made;
}

}  // namespace

void add_log_level(Api& api, const Resources& with) {
  const auto level = with.log_level_in_force;
  auto get = operation("GET", "get", "Tell the log filter in force", "settings:read");
  get.run = Operation::Blocking([level](Call&) -> core::Result<Answer> {
    const std::lock_guard lock(level->mutex);
    return show(level->filter);
  });
  api.add(std::move(get));
  auto patch = operation("PATCH", "update", "Change the log filter", "settings:write");
  patch.request = object_schema(
      {{"level",
        {{"type", "string"},
         {"description", "`trace` to `error`, or a filter such as `proxy=debug,store=warn,info`."}}}});
  auto& store = with.store.administration();
  patch.run = Operation::Blocking([&store, level](Call& call) { return set(store, *level, call); });
  api.add(std::move(patch));
}

}  // namespace relayna::control
