#include "contract/counters/schedules.hpp"

#include <random>

#include <fmt/format.h>

#include "contract/counters/model.hpp"

namespace relayna::test {

using counters::AdmitRequest;
using counters::Amounts;
using counters::Outcome;
using counters::Refusal;
using domain::LimitKind;

namespace {

constexpr int kOperations = 10;

std::string show(const std::optional<Refusal>& refusal) {
  if (!refusal) return "-";
  return fmt::format("scope {} {} limit {} used {} wanted {} held {} retry {}", refusal->scope,
                     to_string(refusal->kind), refusal->limit, refusal->used, refusal->wanted, refusal->held,
                     refusal->retry_after.value_or(-1));
}

std::string show(const counters::Admission& admission) {
  auto text = fmt::format("outcome {} at {} refusal {}", static_cast<int>(admission.outcome),
                          core::to_rfc3339(admission.at), show(admission.refusal));
  for (const auto& standing : admission.standings)
    text += fmt::format(" [{} reset {} {}]", fmt::join(standing.used, " "), standing.requests_reset_seconds,
                        standing.tokens_reset_seconds);
  return text;
}

std::string show(const std::string& text) {
  return text;
}

bool equal(const std::string& a, const std::string& b) {
  return a == b;
}
bool equal(const counters::Admission& a, const counters::Admission& b) {
  return a.outcome == b.outcome && a.at == b.at && a.refusal == b.refusal && a.standings == b.standings;
}
bool equal(const counters::Extension& a, const counters::Extension& b) {
  return a.granted == b.granted && a.known == b.known && a.refusal == b.refusal;
}

std::string show(const counters::Extension& extension) {
  return fmt::format("granted {} known {} refusal {}", extension.granted, extension.known,
                     show(extension.refusal));
}

std::string show(const counters::Use& use) {
  return fmt::format("used [{}] reserved [{}] reset {} {}", fmt::join(use.standing.used, " "),
                     fmt::join(use.reserved, " "), use.standing.requests_reset_seconds,
                     use.standing.tokens_reset_seconds);
}
bool equal(const counters::Use& a, const counters::Use& b) {
  return a == b;
}

std::string show(const counters::Settlement& settlement) {
  return !settlement.known ? "unknown" : settlement.all_seeded ? "known" : "known, not seeded";
}
std::string expected_settlement(bool known) {
  return known ? "known" : "unknown";
}

class Schedule {
 public:
  Schedule(Stage stage, std::uint64_t number, bool keep_log)
      : stage_(std::move(stage)), random_(number), number_(number), keep_log_(keep_log) {}

  runtime::Task<std::string> play() {
    begin();
    co_await seed();
    for (int i = 0; i < kOperations && failure_.empty(); ++i) co_await operation();
    if (failure_.empty()) co_await end();
    co_return failure_;
  }

 private:
  std::int64_t pick(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most - least + 1));
  }

  /// Three scopes: two that count durably and one that does not. Small limits, so that most of them refuse;
  /// some sums of money are beyond what a double holds.
  void begin() {
    static constexpr std::int64_t kStarts[] = {1795996795, 1796083190, 1798761590, 1780012800, 1796169601};
    stage_.clock.set(core::SystemTime{std::chrono::seconds(kStarts[pick(0, 4)])} +
                     std::chrono::microseconds(pick(0, 999'999)));
    for (int i = 0; i < 3; ++i) {
      counters::Scope scope{.id = fmt::format("{}:{}", stage_.name, i)};
      auto& limits = scope.limits;
      const bool durable = i != 2;
      const std::int64_t spent = durable && pick(0, 3) == 0 ? 5'000'000'000'000'000'001
                                 : durable                  ? pick(0, 30)
                                                            : 0;
      for (std::size_t k = 0; k < domain::kLimitKinds; ++k) {
        const auto kind = static_cast<LimitKind>(k);
        if ((!durable && domain::is_durable(kind)) || pick(0, 2) == 0) continue;
        const std::int64_t before = kind == LimitKind::usd_total ? spent : 0;
        limits.set(kind, before + (kind == LimitKind::concurrent_requests ? pick(1, 4)
                                   : pick(0, 7) == 0                      ? pick(0, 10)
                                                                          : pick(20, 90)));
      }
      if (durable) {
        limits.set(LimitKind::requests_per_day, pick(3, 9));
        domain::Balance balance{.periods = domain::Periods::of(stage_.clock.wall()),
                                .requests_today = pick(0, 2),
                                .tokens_today = pick(0, 20),
                                .cost_today = pick(0, 5),
                                .cost_this_week = pick(5, 10),
                                .cost_this_month = pick(10, 15),
                                .cost_total = spent + 15,
                                .snapshot = "100:100:"};
        balances_.emplace_back(scope.id, balance);
        model_.seed(scope.id, balance);
      }
      scopes_.push_back(scope);
    }
  }

  runtime::Task<void> seed() {
    AdmitRequest request{.request_id = new_id()};
    for (const auto& [scope, balance] : balances_) {
      request.scopes.push_back({.id = scope});
      request.scopes.back().limits.set(LimitKind::usd_total, 1);
    }
    const auto admission = co_await stage_.counters.admit(request);
    if (!worked(admission)) co_return;
    compare([] { return "seed"; },
            fmt::format("{} {}", static_cast<int>(admission->outcome), admission->unseeded.size()),
            std::string("2 2"));
    for (const auto& [scope, balance] : balances_) {
      worked(co_await stage_.counters.seed(scope, balance, admission->epoch));
    }
  }

  core::SystemTime now() { return stage_.clock.wall(); }
  Amounts amounts() { return {.tokens = pick(0, 15), .cost_nanos = pick(0, 12)}; }
  /// `what` makes the text of what was done; it is called when the text is needed.
  template <class What, class Answer>
  void compare(What what, const Answer& said, const Answer& expected) {
    const bool same = equal(said, expected);
    if (same && !keep_log_) return;
    log_ += fmt::format("  {} {} -> {}\n", core::to_rfc3339(now()), what(), show(said));
    if (!same)
      failure_ =
          fmt::format("schedule {} of {}:\n{}  expected {}\n", number_, stage_.name, log_, show(expected));
  }

  template <class T>
  bool worked(const core::Result<T>& result) {
    if (!result) failure_ = fmt::format("schedule {}:\n{}  {}\n", number_, log_, result.error().describe());
    return result.has_value();
  }

  std::string new_id() { return fmt::format("{}#{}", stage_.name, ++made_); }
  /// One that is open if possible, sometimes one that is not.
  std::string some_id() {
    const auto open = model_.open();
    if (open.empty() || pick(0, 9) == 0) return fmt::format("{}#{}", stage_.name, pick(0, made_ + 1));
    return open[static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(open.size()) - 1))];
  }

  runtime::Task<void> admit(AdmitRequest request) {
    auto admission = co_await stage_.counters.admit(request);
    if (!worked(admission)) co_return;
    compare(
        [&] {
          return fmt::format("{} {} tokens {} cost {} scopes {}", request.announce ? "announce" : "admit",
                             request.request_id, request.amounts.tokens, request.amounts.cost_nanos,
                             request.scopes.size());
        },
        *admission, model_.admit(request, now()));
    if (admission->outcome == Outcome::admitted) admitted_.push_back(request);
  }

  runtime::Task<void> admit_new() {
    AdmitRequest request{.request_id = new_id(), .amounts = amounts(), .memo = pick(0, 1) == 0 ? "" : "memo"};
    for (const auto& scope : scopes_) {
      if (pick(0, 3) != 0) request.scopes.push_back(scope);
    }
    co_await admit(request);
  }

  /// One that was admitted up to two days ago, before the counters were emptied.
  runtime::Task<void> announce() {
    AdmitRequest request{.request_id = new_id(), .amounts = amounts(), .announce = true};
    if (pick(0, 3) != 0) request.at = now() - std::chrono::seconds(pick(0, 172'800));
    for (const auto& scope : scopes_) request.scopes.push_back(scope);
    co_await admit(request);
  }

  runtime::Task<void> repeat() {
    if (admitted_.empty()) co_return;
    const auto& request =
        admitted_[static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(admitted_.size()) - 1))];
    for (const auto& id : model_.open()) {
      if (id == request.request_id) {
        auto again = request;
        again.amounts = amounts();
        co_await admit(again);
        co_return;
      }
    }
  }

  runtime::Task<void> extend() {
    const auto id = some_id();
    const auto more = amounts();
    const auto extension = co_await stage_.counters.extend(id, more);
    if (!worked(extension)) co_return;
    compare([&] { return fmt::format("extend {} tokens {} cost {}", id, more.tokens, more.cost_nanos); },
            *extension, model_.extend(id, more, now()));
  }

  runtime::Task<void> settle(std::string id) {
    const auto used = amounts();
    const auto settlement = co_await stage_.counters.settle(id, used);
    if (!worked(settlement)) co_return;
    compare([&] { return fmt::format("settle {} tokens {} cost {}", id, used.tokens, used.cost_nanos); },
            show(*settlement), expected_settlement(model_.settle(id, used, now())));
  }

  runtime::Task<void> release() {
    const auto id = some_id();
    if (!worked(co_await stage_.counters.release(id))) co_return;
    model_.release(id);
    compare([&] { return "release " + id; }, std::string(), std::string());
  }

  runtime::Task<void> look() {
    const auto uses = co_await stage_.counters.use(scopes_);
    if (!worked(uses)) co_return;
    for (std::size_t i = 0; i < scopes_.size(); ++i)
      compare([&] { return "use of " + scopes_[i].id; }, uses->scopes.at(i), model_.use(scopes_[i], now()));
  }

  /// Of one of the scopes that count durably, some kinds; sometimes told twice.
  runtime::Task<void> reset() {
    const auto& scope = scopes_[static_cast<std::size_t>(pick(0, 1))];
    const auto use = model_.use(scope, now());
    const auto settled = [&](LimitKind kind) -> std::int64_t {
      const auto k = static_cast<std::size_t>(kind);
      return pick(0, 1) == 0 ? 0 : std::max<std::int64_t>(0, use.standing.used[k] - use.reserved[k]);
    };
    counters::Reset reset{.id = new_id(), .scope = scope.id, .stamp = 200};
    reset.taken_off = {.periods = domain::Periods::of(now()),
                       .requests_today = settled(LimitKind::requests_per_day),
                       .tokens_today = settled(LimitKind::tokens_per_day),
                       .cost_today = settled(LimitKind::usd_per_day),
                       .cost_this_week = settled(LimitKind::usd_per_week),
                       .cost_this_month = settled(LimitKind::usd_per_month),
                       .cost_total = settled(LimitKind::usd_total),
                       .snapshot = {}};
    for (int i = pick(0, 3) == 0 ? 2 : 1; i > 0; --i) {
      if (!worked(co_await stage_.counters.reset(reset))) co_return;
    }
    model_.reset(reset);
    co_await look();
  }

  void advance() {
    static constexpr std::int64_t kSteps[] = {300'000,       1'000'000,      7'000'000,
                                              30'000'000,    59'900'000,     61'000'000,
                                              3'600'000'000, 86'400'000'000, 700'000'000'000};
    // Long steps are rare: they empty everything.
    stage_.clock.advance(
        std::chrono::microseconds(kSteps[pick(0, pick(0, 4) == 0 ? 8 : 5)] + pick(0, 1'000'000)));
  }

  /// The replica dies with what is open; the other one settles that.
  runtime::Task<void> crash() {
    if (stage_.rescuer == nullptr) co_return co_await settle(some_id());
    const auto orphans = co_await stage_.rescuer->orphans(stage_.name);
    if (!worked(orphans)) co_return;
    compare([] { return "crash"; }, std::to_string(orphans->size()), std::to_string(model_.open().size()));
    for (const auto& orphan : *orphans) {
      const auto settlement =
          co_await stage_.rescuer->settle_for(stage_.name, orphan.request_id, orphan.reserved);
      if (!worked(settlement)) co_return;
      compare([&] { return "rescued " + orphan.request_id; }, show(*settlement),
              expected_settlement(model_.settle(orphan.request_id, orphan.reserved, now())));
    }
  }

  runtime::Task<void> operation() {
    switch (pick(0, 17)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        co_return co_await admit_new();
      case 5:
        co_return co_await repeat();
      case 6:
      case 7:
        co_return co_await extend();
      case 8:
      case 9:
      case 10:
        co_return co_await settle(some_id());
      case 11:
        co_return co_await release();
      case 12:
        co_return co_await announce();
      case 13:
        co_return co_await crash();
      case 14:
        co_return co_await look();
      case 15:
        co_return co_await reset();
      default:
        advance();
    }
  }

  /// Everything ends; a request with room for all shows what every kind counts.
  runtime::Task<void> end() {
    for (const auto& id : model_.open()) {
      if (failure_.empty()) co_await settle(id);
    }
    AdmitRequest probe{.request_id = new_id(), .scopes = scopes_};
    for (auto& scope : probe.scopes) {
      for (std::size_t k = 0; k < domain::kLimitKinds; ++k) {
        const auto kind = static_cast<LimitKind>(k);
        const bool untracked = &scope == &probe.scopes.back();
        if (!untracked || !domain::is_durable(kind)) scope.limits.set(kind, INT64_MAX);
      }
    }
    if (failure_.empty()) co_await admit(probe);
    if (failure_.empty()) worked(co_await stage_.counters.release(probe.request_id));
  }

  Stage stage_;
  std::mt19937_64 random_;
  std::uint64_t number_;
  CountersModel model_;
  std::vector<counters::Scope> scopes_;
  std::vector<std::pair<std::string, domain::Balance>> balances_;
  std::vector<AdmitRequest> admitted_;
  std::int64_t made_ = 0;
  bool keep_log_;
  std::string log_;
  std::string failure_;
};

}  // namespace

runtime::Task<std::string> play_schedule(Stage stage, std::uint64_t number, bool keep_log) {
  Schedule schedule(std::move(stage), number, keep_log);
  co_return co_await schedule.play();
}

}  // namespace relayna::test
