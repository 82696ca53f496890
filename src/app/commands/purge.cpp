#include <algorithm>

#include <fmt/core.h>

#include "relayna/core/ids.hpp"
#include "relayna/json/document.hpp"
#include "relayna/store/analytics.hpp"
#include "relayna/store/history.hpp"

#include "app/command_line.hpp"
#include "app/commands/commands.hpp"
#include "app/configured.hpp"

namespace relayna::app {

namespace {

using store::History;

/// Rows deleted in one transaction: few enough that a running gateway does not wait for it.
constexpr std::size_t kRows = 1'000;

struct Part {
  History history;
  const char* flag;
  std::string text;  ///< of the flag
  core::SystemTime before{};
  std::int64_t rows = 0;  ///< deleted, or to be deleted
};

core::Result<core::SystemTime> read_moment(const Part& part, core::SystemTime now) {
  const auto moment = core::parse_rfc3339(part.text);
  if (!moment) {
    return core::fail(
        core::ErrorCode::invalid_request,
        fmt::format("{}: '{}' is not RFC 3339, for example 2027-01-01T00:00:00Z.", part.flag, part.text));
  }
  if (*moment > now) {
    return core::fail(
        core::ErrorCode::invalid_request,
        fmt::format("{}: {} is yet to come; what is deleted must be in the past.", part.flag, part.text));
  }
  return *moment;
}

core::Result<std::int64_t> count_audit(store::Administration& store, core::SystemTime before) {
  store::ListQuery query{.where = {{"created_at", store::Filter::Test::below, core::to_rfc3339(before)}},
                         .limit = kRows};
  std::int64_t count = 0;
  do {
    auto page = store.of<domain::AuditEvent>().list(query);
    if (!page) return std::unexpected(std::move(page.error()));
    count += static_cast<std::int64_t>(page->rows.size());
    query.after = page->next;
  } while (!query.after.empty());
  return count;
}

core::Result<std::int64_t> count(store::Store& store, const Part& part) {
  if (part.history == History::usage_events) return store.analytics().count_events(part.before);
  return count_audit(store.administration(), part.before);
}

core::Result<std::int64_t> delete_all(store::Store& store, const Part& part) {
  std::int64_t deleted = 0;
  while (true) {
    auto gone = store::purge(store, part.history, part.before, kRows);
    if (!gone) return std::unexpected(std::move(gone.error()));
    deleted += *gone;
    if (*gone < static_cast<std::int64_t>(kRows)) return deleted;
  }
}

/// So that the audit log says why it begins when it does.
core::Result<void> record(store::Administration& store, const Part& part, core::SystemTime now) {
  domain::AuditEvent event;
  event.id = core::IdGenerator().uuid7().str();
  event.created_at = now;
  event.actor_name = "cli";
  event.action = "purge";
  event.target_type = to_string(part.history);
  std::ranges::replace(event.target_type, '_', '-');  // as the audit log writes types
  event.after = json::dump({{"before", core::to_rfc3339(part.before)}, {"deleted", part.rows}});
  return store.change([&](store::Unit& unit) { return unit.record(event); });
}

core::Result<void> work(store::Store& store, std::vector<Part>& parts, bool dry_run, core::SystemTime now) {
  for (Part& part : parts) {
    auto rows = dry_run ? count(store, part) : delete_all(store, part);
    if (!rows) return std::unexpected(std::move(rows.error()));
    part.rows = *rows;
    if (dry_run) continue;
    if (auto recorded = record(store.administration(), part, now); !recorded) return recorded;
  }
  return {};
}

void print(const std::vector<Part>& parts, const PurgeOptions& options) {
  if (options.json) {
    json::Document all = {{"dry_run", options.dry_run}};
    for (const Part& part : parts) {
      all[std::string(to_string(part.history))] = {{"before", core::to_rfc3339(part.before)},
                                                   {options.dry_run ? "found" : "deleted", part.rows}};
    }
    fmt::print("{}\n", json::dump(all));
    return;
  }
  for (const Part& part : parts) {
    fmt::print("{} {} from before {} {}\n", part.rows, to_string(part.history), core::to_rfc3339(part.before),
               options.dry_run ? "would be deleted" : "deleted");
  }
}

}  // namespace

int purge(const PurgeOptions& options) {
  const auto now = core::real_clock().wall();
  std::vector<Part> parts;
  for (const auto& [history, flag, text] :
       {std::tuple(History::usage_events, "--usage-before", options.usage_before),
        std::tuple(History::audit_events, "--audit-before", options.audit_before)}) {
    if (text.empty()) continue;
    Part& part = parts.emplace_back(Part{history, flag, text});
    auto moment = read_moment(part, now);
    if (!moment) {
      complain(moment.error());
      return kUsage;
    }
    part.before = *moment;
  }
  if (parts.empty()) {
    complain(core::Error(core::ErrorCode::invalid_request,
                         "say what is to be deleted: --usage-before, --audit-before or both."));
    return kUsage;
  }
  const auto settings = configured(options.overrides);
  if (!settings) return kConfiguration;
  const auto store = configured_store(*settings);
  if (store == nullptr) return kFailed;
  if (auto done = work(*store, parts, options.dry_run, now); !done) {
    complain(done.error());
    return kFailed;
  }
  print(parts, options);
  return kOk;
}

}  // namespace relayna::app
