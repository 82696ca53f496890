#include "control/alerts/settings.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "relayna/ledger/budget_watch.hpp"

#include "control/alerts/alerts.hpp"
#include "control/api/changes.hpp"
#include "control/api/schemas.hpp"

namespace relayna::control {

namespace {

constexpr const char* kSetting = "alerts";
constexpr std::size_t kMostSteps = 5;
constexpr int kMostDays = 90;

/// Up to five whole numbers, kept in ascending order.
Codec<std::vector<int>> steps(int min, int max) {
  Codec<std::vector<int>> codec;
  codec.schema = {{"type", "array"},
                  {"items", {{"type", "integer"}, {"minimum", min}, {"maximum", max}}},
                  {"maxItems", kMostSteps},
                  {"uniqueItems", true}};
  codec.show = [](const std::vector<int>& value) { return json::Document(value); };
  codec.read = [min, max](const json::Document& given, std::vector<int>& value, const std::string& path,
                          Problems& problems) {
    if (!given.is_array())
      return problems.add(path, fmt::format("must be an array, not {}", type_name(given)));
    if (given.size() > kMostSteps)
      return problems.add(path, fmt::format("must have at most {} entries", kMostSteps));
    std::vector<int> read;
    const auto number = control::number(min, max);
    for (std::size_t i = 0; i < given.size(); ++i) {
      std::int64_t step = min;
      number.read(given[i], step, fmt::format("{}[{}]", path, i), problems);
      if (std::ranges::find(read, step) != read.end()) problems.add(path, fmt::format("repeats {}", step));
      read.push_back(static_cast<int>(step));
    }
    std::ranges::sort(read);
    value = std::move(read);
  };
  return codec;
}

const Shape<AlertThresholds>& thresholds_shape() {
  static const auto shape = [] {
    Shape<AlertThresholds> thresholds("AlertSettings", "When operators are told, for all webhooks.");
    thresholds.field("budget_percents", &AlertThresholds::budget_percents,
                     steps(ledger::BudgetWatch::kNear, 100), Field::settable,
                     "`budget.threshold` is told when this much of a money limit is used.");
    thresholds.field("key_expiry_days", &AlertThresholds::key_expiry_days, steps(1, kMostDays),
                     Field::settable, "`key.expiring` is told this many days before.");
    return thresholds;
  }();
  return shape;
}

/// What another version saved and this one cannot read is left at its default.
AlertThresholds read_thresholds(const std::optional<domain::Setting>& saved) {
  AlertThresholds thresholds;
  const auto value = saved ? json::parse(saved->value) : core::Result<json::Document>();
  if (!value || !value->is_object()) return thresholds;
  Problems unread;
  thresholds_shape().patch(*value, thresholds, unread);
  return thresholds;
}

Answer show(const AlertThresholds& thresholds) {
  Answer answer;
  answer.body = thresholds_shape().show(thresholds, {});
  answer.headers.emplace_back("ETag", etag_of(answer.body));
  return answer;
}

core::Result<Answer> patch(store::Administration& store, Call& call) {
  return change(store, call, [&](store::Unit& unit, Note& note) -> core::Result<Answer> {
    auto& settings = unit.of<domain::Setting>();
    auto saved = settings.find(kSetting);
    if (!saved) return std::unexpected(std::move(saved.error()));
    auto thresholds = read_thresholds(*saved);
    const auto before = show(thresholds).body;
    if (auto may = check_if_match(call, etag_of(before)); !may)
      return std::unexpected(std::move(may.error()));
    thresholds_shape().patch(call.body, thresholds, call.problems);
    if (!call.problems.empty()) return std::unexpected(call.problems.error());
    auto answer = show(thresholds);
    if (answer.body == before) return answer;
    domain::Setting setting =
        saved->value_or(domain::Setting{.name = kSetting, .value = {}, .sealed_secret = {}});
    setting.value = json::dump(answer.body);
    setting.updated_at = call.now;
    if (auto stored = *saved ? settings.update(setting) : settings.insert(setting); !stored)
      return std::unexpected(std::move(stored.error()));
    note = {"alert-settings.update", "alert-settings", "", before, answer.body};
    return answer;
  });
}

Operation operation(std::string method, std::string id, std::string scope, std::string summary) {
  Operation made;
  made.method = std::move(method);
  made.path = "/admin/alerts/settings";
  made.id = std::move(id);
  made.tag = "Alerts";
  made.scope = std::move(scope);
  made.summary = std::move(summary);
  made.response = reference(thresholds_shape().name());
  return made;
}

}  // namespace

core::Result<AlertThresholds> load_thresholds(store::Administration& store) {
  auto saved = store.of<domain::Setting>().get(kSetting);
  if (!saved) return std::unexpected(std::move(saved.error()));
  return read_thresholds(*saved);
}

void add_alert_settings(Api& api, const Resources& with) {
  auto* store = &with.store.administration();
  add_schemas(api, thresholds_shape(), false, true);
  auto got = operation("GET", "alert-settings.get", "alerts:read", "When alerts arise");
  got.run = Operation::Blocking([store](Call&) -> core::Result<Answer> {
    auto thresholds = load_thresholds(*store);
    if (!thresholds) return std::unexpected(std::move(thresholds.error()));
    return show(*thresholds);
  });
  api.add(std::move(got));

  auto patched = operation("PATCH", "alert-settings.update", "alerts:write", "Change when alerts arise");
  patched.request = reference(thresholds_shape().name() + "Patch");
  patched.errors = {core::ErrorCode::precondition_failed};
  patched.run = Operation::Blocking([store](Call& call) { return patch(*store, call); });
  api.add(std::move(patched));
}

}  // namespace relayna::control
