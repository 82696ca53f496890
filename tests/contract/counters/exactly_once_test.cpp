// A request that is under way while the counters are emptied, in every order of what can happen then: however
// its settlement, its delivery to the store and the seeding of its scope interleave, it is counted once.

#include <algorithm>
#include <random>

#include "contract/counters/backend.hpp"

namespace relayna::test {
namespace {

using counters::Admission;
using counters::Outcome;
using domain::LimitKind;

constexpr std::int64_t kBefore = 100;  // nano-USD the store knows of already
constexpr counters::Amounts kReserved{.tokens = 50, .cost_nanos = 5};
constexpr counters::Amounts kUsed{.tokens = 30, .cost_nanos = 3};

enum class Step : std::uint8_t {
  empty,
  announce,
  settle,
  commit,
  account,
  ask,
  read,
  seed,
  ask_too,
  read_too,
  seed_too
};

std::string show(const std::vector<Step>& steps) {
  static constexpr const char* kNames[] = {"empty", "announce", "settle",  "commit",   "account", "ask",
                                           "read",  "seed",     "ask-too", "read-too", "seed-too"};
  std::string text;
  for (const auto step : steps) text += std::string(kNames[static_cast<std::size_t>(step)]) + " ";
  return text;
}

/// The store: whether the request is in it. Its transaction is number 50; reads before it end at 50.
struct Store {
  bool committed = false;
  [[nodiscard]] domain::Balance read(core::SystemTime now) const {
    const auto cost = committed ? kUsed.cost_nanos : 0;
    return {.periods = domain::Periods::of(now),
            .requests_today = committed ? 1 : 0,
            .tokens_today = committed ? kUsed.tokens : 0,
            .cost_today = cost,
            .cost_this_week = cost,
            .cost_this_month = cost,
            .cost_total = kBefore + cost,
            .snapshot = committed ? "60:60:" : "40:60:50"};
  }
};

/// Does what the counters' header asks of those who use them, one step at a time.
class Story {
 public:
  explicit Story(CountersBackend& backend) : backend_(backend) {
    backend_.empty();
    scope_.limits.set(LimitKind::usd_total, 1'000'000);
    scope_.limits.set(LimitKind::usd_per_day, 1'000'000);
    scope_.limits.set(LimitKind::tokens_per_day, 1'000'000);
    scope_.limits.set(LimitKind::requests_per_day, 1'000'000);
    scope_.limits.set(LimitKind::concurrent_requests, 1'000'000);
    other_and_seed();
    const auto admission =
        value(counters().admit({.request_id = "request", .scopes = {scope_}, .amounts = kReserved}));
    admitted_at_ = admission.at;
    admitted_in_ = admission.epoch;
  }

  void play(Step step) {
    switch (step) {
      case Step::empty:
        return backend_.empty();
      case Step::announce:
        return announce();
      case Step::settle:
        settlement_ = value(counters().settle("request", kUsed));
        return;
      case Step::commit:
        return commit();
      case Step::account:
        return account();
      case Step::ask:
        return ask(one_);
      case Step::ask_too:
        return ask(two_);
      case Step::read:
        return read(one_);
      case Step::read_too:
        return read(two_);
      case Step::seed:
        return seed(one_);
      case Step::seed_too:
        return seed(two_);
    }
  }

  /// What the counters say in the end, once they know everything.
  domain::PerLimit end() { return other_and_seed().standings.at(0).used; }

 private:
  counters::Counters& counters() { return backend_.counters(); }
  template <class T>
  T value(runtime::Task<core::Result<T>> task) {
    auto result = backend_.run(std::move(task));
    if (!result) throw std::runtime_error(result.error().describe());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }
  Admission other() { return value(counters().admit({.request_id = "other", .scopes = {scope_}})); }

  /// Another request of the scope, which is there for as long as one looks.
  Admission other_and_seed() {
    auto admission = other();
    if (admission.outcome == Outcome::unseeded) {
      value(counters().seed(scope_.id, store_.read(backend_.clock.wall()), admission.epoch));
      admission = other();
    }
    value(counters().release("other"));
    return admission;
  }

  void announce() {
    const auto admission = value(counters().admit({.request_id = "request",
                                                   .scopes = {scope_},
                                                   .amounts = kReserved,
                                                   .announce = true,
                                                   .at = admitted_at_}));
    admitted_in_ = admission.epoch;
  }

  void commit() {
    store_.committed = true;
    told_ = settlement_ && settlement_->known && settlement_->all_seeded &&
            settlement_->epoch == value(counters().epoch());
  }

  void account() {
    if (told_) return;
    const bool counted = settlement_ && (settlement_->known || settlement_->epoch == admitted_in_);
    const counters::Delivered delivered{.request_id = "request",
                                        .scopes = {scope_.id},
                                        .amounts = kUsed,
                                        .at = admitted_at_,
                                        .stamp = 50,
                                        .counted = counted,
                                        .epoch = settlement_ ? settlement_->epoch : ""};
    value(counters().account({delivered}));
    value(counters().account({delivered}));
  }

  /// One replica that seeds the scope.
  struct Seeder {
    std::optional<std::string> asked_in;
    std::optional<domain::Balance> balance;
    std::string read_in;
  };

  void ask(Seeder& seeder) {
    const auto admission = other();
    if (admission.outcome == Outcome::unseeded) seeder.asked_in = admission.epoch;
    if (admission.outcome == Outcome::admitted) value(counters().release("other"));
  }
  void read(Seeder& seeder) {
    if (!seeder.asked_in) return;
    seeder.balance = store_.read(backend_.clock.wall());
    seeder.read_in = *seeder.asked_in;
  }
  void seed(Seeder& seeder) {
    if (seeder.balance) value(counters().seed(scope_.id, *seeder.balance, seeder.read_in));
  }

  CountersBackend& backend_;
  counters::Scope scope_{.id = "scope"};
  Store store_;
  core::SystemTime admitted_at_;
  std::string admitted_in_;
  std::optional<counters::Settlement> settlement_;
  bool told_ = false;
  Seeder one_;
  Seeder two_;
};

/// A reservation is announced before it is settled, an event accounted for after it was committed. What has
/// been accounted for is not announced to counters that were emptied since; that an announcement which was
/// already under way comes after the account is possible.
bool sensible(const std::vector<Step>& steps) {
  const auto nth = [&](Step step) { return std::ranges::find(steps, step); };
  const auto announced = nth(Step::announce);
  if (nth(Step::account) < nth(Step::commit)) return false;
  if (announced == steps.end()) return true;
  if (nth(Step::settle) < announced) return false;
  return announced < nth(Step::account) || std::find(nth(Step::account), announced, Step::empty) == announced;
}

/// A balance is read when it was asked for, and written after.
bool possible(const std::vector<Step>& steps) {
  const auto nth = [&](Step step) { return std::ranges::find(steps, step); };
  return sensible(steps) && nth(Step::ask) < nth(Step::read) && nth(Step::read) < nth(Step::seed) &&
         nth(Step::ask_too) <= nth(Step::read_too) && nth(Step::read_too) <= nth(Step::seed_too);
}

class ExactlyOnce : public CountersContract {
 protected:
  /// Plays every possible order of the steps.
  int play_all(std::vector<Step> steps) {
    std::ranges::sort(steps);
    int played = 0;
    do {
      if (!possible(steps)) continue;
      play(steps);
      ++played;
    } while (std::ranges::next_permutation(steps).found && !HasFailure());
    return played;
  }

  void play(const std::vector<Step>& steps) {
    Story story(backend());
    for (const auto step : steps) story.play(step);
    // Requests and tokens of the day, at once (the one who looks), money of the day, ever.
    EXPECT_EQ(story.end(), (domain::PerLimit{0, 2, 0, kUsed.tokens, 1, kUsed.cost_nanos, 0, 0,
                                             kBefore + kUsed.cost_nanos}))
        << show(steps);
  }
};

INSTANTIATE_TEST_SUITE_P(Both, ExactlyOnce, testing::Values("memory", "redis"),
                         [](const auto& info) { return info.param; });

using enum Step;

TEST_P(ExactlyOnce, WithoutAnAnnouncement) {
  EXPECT_EQ(play_all({empty, settle, commit, account, ask, read, seed}), 420);
}

TEST_P(ExactlyOnce, WithAnAnnouncement) {
  EXPECT_EQ(play_all({empty, announce, settle, commit, account, ask, read, seed}), 1624);
}

TEST_P(ExactlyOnce, WhenTheCountersAreEmptiedTwice) {
  EXPECT_EQ(play_all({empty, empty, announce, settle, commit, account, ask, read, seed}), 7140);
}

/// The orders are too many to try all.
TEST_P(ExactlyOnce, WhenTwoReplicasSeedTheScope) {
  std::vector<Step> steps{empty, empty, announce, settle,  commit,   account,
                          ask,   read,  seed,     ask_too, read_too, seed_too};
  std::mt19937_64 random(1);
  for (int played = 0; played < 4'000 && !HasFailure();) {
    std::ranges::shuffle(steps, random);
    const auto sort = [&](std::vector<Step> ordered) {
      auto next = ordered.begin();
      for (auto& step : steps) {
        if (std::ranges::find(ordered, step) != ordered.end()) step = *next++;
      }
    };
    sort({ask, read, seed});
    sort({ask_too, read_too, seed_too});
    sort({announce, settle});
    sort({commit, account});
    if (!possible(steps)) continue;
    play(steps);
    ++played;
  }
}

}  // namespace
}  // namespace relayna::test
