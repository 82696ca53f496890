#include "counters/redis/replies.hpp"

#include <charconv>
#include <cstring>
#include <limits>

#include "counters/saturate.hpp"

namespace relayna::counters {

using domain::LimitKind;
using Kind = RedisReply::Kind;

namespace {

std::unexpected<core::Error> unexpected_answer(const RedisReply& reply) {
  return core::fail(
      core::ErrorCode::control_state_unavailable, {},
      reply.kind == Kind::error ? "Redis: " + reply.text : "an answer of Redis that is not ours");
}

std::int64_t number(const RedisReply& reply) noexcept {
  return reply.integer;
}

core::SystemTime time_of(std::int64_t seconds, std::int64_t microseconds) {
  return core::SystemTime{std::chrono::seconds(seconds)} + std::chrono::microseconds(microseconds);
}

bool is_list(const RedisReply& reply, std::size_t least) {
  return reply.kind == Kind::array && reply.items.size() >= least;
}

/// Kinds that an extension asks for.
bool extendable(LimitKind kind) {
  return kind == LimitKind::tokens_per_minute || kind == LimitKind::tokens_per_day || domain::is_money(kind);
}

/// `kind limit kind limit …` as admit.lua keeps it beside the reservation.
std::string kept_limits(const domain::LimitSet& limits) {
  std::string kept;
  for (std::size_t i = 0; i < domain::kLimitKinds; ++i) {
    const auto kind = static_cast<LimitKind>(i);
    if (!extendable(kind) || !limits.has(kind)) continue;
    kept += std::to_string(i) + ' ' + std::to_string(limits.of(kind)) + ' ';
  }
  return kept;
}

domain::LimitSet read_limits(std::string_view kept) {
  domain::LimitSet limits;
  while (kept.size() >= 3) {
    const auto kind = static_cast<std::size_t>(kept[0] - '0');
    std::int64_t limit = 0;
    const auto [end, error] = std::from_chars(kept.data() + 2, kept.data() + kept.size(), limit);
    if (kind >= domain::kLimitKinds || error != std::errc{}) break;
    limits.set(static_cast<LimitKind>(kind), limit);
    kept.remove_prefix(std::min(kept.size(), static_cast<std::size_t>(end - kept.data()) + 1));
  }
  return limits;
}

/// The numbers a scope begins with; see redis/scripts/common.lua. Little-endian, as is every machine we build
/// for.
constexpr std::size_t kPackedNumbers = 15;
constexpr std::size_t kPackedSize = kPackedNumbers * sizeof(double);

Window read_window(std::string_view packed) {
  std::vector<Window::Second> seconds;
  for (std::size_t at = kPackedSize; at + 16 <= packed.size(); at += 16) {
    std::uint32_t second = 0;
    std::uint32_t requests = 0;
    double tokens = 0;
    std::memcpy(&second, packed.data() + at, 4);
    std::memcpy(&requests, packed.data() + at + 4, 4);
    std::memcpy(&tokens, packed.data() + at + 8, 8);
    seconds.push_back({.at = second, .requests = requests, .tokens = static_cast<std::int64_t>(tokens)});
  }
  return Window::from(std::move(seconds));
}

/// Money as Redis has it: high × 10^9 + low. Saturates.
std::int64_t money(std::int64_t high, std::int64_t low) noexcept {
  std::int64_t most = 0;
  if (__builtin_mul_overflow(high, std::int64_t{1'000'000'000}, &most))
    return high < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
  return plus(most, low);
}

domain::Periods periods_of_day(std::int64_t day) {
  return domain::Periods::of(core::SystemTime{std::chrono::days(day)});
}

/// A scope as it is stored; an empty one when it is not.
ScopeCount read_stored(std::string_view packed) {
  ScopeCount count;
  if (packed.size() < kPackedSize) return count;
  double numbers[kPackedNumbers];
  std::memcpy(numbers, packed.data(), kPackedSize);
  const auto n = [&](std::size_t i) { return static_cast<std::int64_t>(numbers[i]); };
  count.concurrent = n(0);
  count.durable = static_cast<Durable>(n(1));
  count.periods = periods_of_day(n(2));
  count.requests_today = n(3);
  count.tokens_today = n(4);
  count.spent = money(n(5), n(6));
  count.spent_before_today = money(n(7), n(8));
  count.spent_before_week = money(n(9), n(10));
  count.spent_before_month = money(n(11), n(12));
  count.window = read_window(packed);
  return count;
}

constexpr std::size_t kStandingNumbers = 15;

/// What admit.lua says of a scope that has room. Of the window it names the sums and the oldest seconds that
/// count, which are all a standing needs.
Standing read_standing(const RedisReply& reply, const domain::LimitSet& limits, std::int64_t now) {
  const auto& f = reply.items;
  ScopeCount count;
  count.durable = Durable::seeded;  // or it would not be admitted
  count.concurrent = number(f[0]);
  count.window = Window::from(
      {{.at = number(f[3]), .requests = number(f[1])}, {.at = number(f[4]), .tokens = number(f[2])}});
  count.requests_today = number(f[5]);
  count.tokens_today = number(f[6]);
  count.spent = money(number(f[7]), number(f[8]));
  count.spent_before_today = money(number(f[9]), number(f[10]));
  count.spent_before_week = money(number(f[11]), number(f[12]));
  count.spent_before_month = money(number(f[13]), number(f[14]));
  return standing(count, limits, time_of(now, 0));
}

core::Result<void> read_refusal(const RedisReply& reply, const AdmitRequest& request, Admission& admission) {
  for (std::size_t i = 0; i < request.scopes.size(); ++i) {
    auto count = read_stored(reply.items[4 + i].text);
    count.advance(admission.at);
    auto reason =
        refusal(count, request.scopes[i].limits, {.amounts = bounded(request.amounts)}, admission.at);
    if (reason) reason->scope = i;
    keep_longer(admission.refusal, reason);
    admission.standings.push_back(standing(count, request.scopes[i].limits, admission.at));
  }
  if (!admission.refusal) return unexpected_answer(reply);
  return {};
}

}  // namespace

void append_admission(std::vector<std::string>& arguments, const AdmitRequest& request,
                      const std::string& known_epoch) {
  const auto amounts = bounded(request.amounts);
  const bool dated = request.announce && request.at.has_value();
  const auto at = dated ? second_of(*request.at) : 0;
  arguments.insert(arguments.end(),
                   {request.request_id, std::to_string(amounts.tokens), std::to_string(amounts.cost_nanos),
                    request.memo, request.announce ? "1" : "", known_epoch, dated ? std::to_string(at) : "",
                    dated ? std::to_string((*request.at - time_of(at, 0)).count()) : "",
                    std::to_string(request.scopes.size())});
  for (const auto& scope : request.scopes) {
    arguments.push_back(scope.id);
    arguments.push_back(kept_limits(scope.limits));
    const auto count_at = arguments.size();
    arguments.emplace_back();
    for (std::size_t i = 0; i < domain::kLimitKinds; ++i) {
      const auto kind = static_cast<LimitKind>(i);
      if (!scope.limits.has(kind)) continue;
      arguments.push_back(std::to_string(i));
      arguments.push_back(std::to_string(scope.limits.of(kind)));
    }
    arguments[count_at] = std::to_string((arguments.size() - count_at - 1) / 2);
  }
}

void append_balance(std::vector<std::string>& arguments, const std::string& scope, const Balance& balance) {
  const auto text = [](std::int64_t n) { return std::to_string(n); };
  arguments.insert(arguments.end(),
                   {scope, balance.epoch, text(balance.periods.day), text(balance.periods.week),
                    text(balance.periods.month), text(balance.requests_today), text(balance.tokens_today),
                    text(balance.cost_total), text(minus(balance.cost_total, balance.cost_today)),
                    text(minus(balance.cost_total, balance.cost_this_week)),
                    text(minus(balance.cost_total, balance.cost_this_month)), balance.snapshot});
}

void append_delivered(std::vector<std::string>& arguments, const Delivered& delivered) {
  const auto amounts = bounded(delivered.amounts);
  arguments.insert(arguments.end(),
                   {delivered.request_id, std::to_string(delivered.stamp), std::to_string(amounts.tokens),
                    std::to_string(amounts.cost_nanos), std::to_string(domain::Periods::of(delivered.at).day),
                    delivered.counted ? "1" : "", delivered.epoch, std::to_string(delivered.scopes.size())});
  arguments.insert(arguments.end(), delivered.scopes.begin(), delivered.scopes.end());
}

core::Result<Admission> read_admission(const RedisReply& reply, const AdmitRequest& request) {
  if (!is_list(reply, 4)) return unexpected_answer(reply);
  const auto& items = reply.items;
  const auto code = number(items[0]);
  const auto scopes = request.scopes.size();
  Admission admission{.at = time_of(number(items[1]), number(items[2])), .epoch = items[3].text};
  if (code == 0 && items.size() == 5 + scopes) {
    for (std::size_t i = 0; i < scopes; ++i) {
      if (!is_list(items[5 + i], kStandingNumbers)) return unexpected_answer(reply);
      admission.standings.push_back(read_standing(items[5 + i], request.scopes[i].limits, number(items[4])));
    }
    return admission;
  }
  if (code == 1 && items.size() == 4 + scopes) {
    admission.outcome = Outcome::refused;
    if (const auto read = read_refusal(reply, request, admission); !read)
      return std::unexpected(read.error());
    return admission;
  }
  if (code == 2) {
    admission.outcome = Outcome::unseeded;
    for (std::size_t i = 4; i < items.size(); ++i)
      admission.unseeded.push_back(static_cast<std::size_t>(number(items[i])));
    return admission;
  }
  return unexpected_answer(reply);
}

core::Result<Extension> read_extension(const RedisReply& reply, Amounts more) {
  if (!is_list(reply, 1)) return unexpected_answer(reply);
  const auto& items = reply.items;
  if (number(items[0]) == -1) return Extension{.granted = false, .known = false};
  if (number(items[0]) == 0) return Extension{};
  if (items.size() < 3) return unexpected_answer(reply);
  const auto now = time_of(number(items[1]), number(items[2]));
  Extension extension{.granted = false};
  for (std::size_t i = 3; i < items.size(); ++i) {
    if (!is_list(items[i], 2)) return unexpected_answer(reply);
    auto count = read_stored(items[i].items[0].text);
    count.advance(now);
    auto reason = refusal(count, read_limits(items[i].items[1].text),
                          {.request = false, .amounts = bounded(more)}, now);
    if (reason) reason->scope = i - 3;
    keep_longer(extension.refusal, reason);
  }
  if (!extension.refusal) return unexpected_answer(reply);
  return extension;
}

core::Result<Settlement> read_settlement(const RedisReply& reply) {
  if (!is_list(reply, 3)) return unexpected_answer(reply);
  return Settlement{.known = number(reply.items[0]) == 1,
                    .all_seeded = number(reply.items[1]) == 1,
                    .epoch = reply.items[2].text};
}

core::Result<std::vector<Orphan>> read_orphans(const RedisReply& reply) {
  if (!is_list(reply, 0)) return unexpected_answer(reply);
  std::vector<Orphan> orphans;
  for (const auto& entry : reply.items) {
    if (!is_list(entry, 6)) return unexpected_answer(entry);
    const auto& f = entry.items;
    Orphan orphan{.request_id = f[0].text,
                  .memo = f[1].text,
                  .reserved = {.tokens = number(f[4]), .cost_nanos = number(f[5])},
                  .at = time_of(number(f[2]), number(f[3]))};
    for (std::size_t i = 6; i < f.size(); ++i) orphan.scopes.push_back(f[i].text);
    orphans.push_back(std::move(orphan));
  }
  return orphans;
}

core::Result<std::vector<std::string>> read_names(const RedisReply& reply) {
  if (!is_list(reply, 0)) return unexpected_answer(reply);
  std::vector<std::string> names;
  for (const auto& name : reply.items) names.push_back(name.text);
  return names;
}

core::Result<std::string> read_text(const RedisReply& reply) {
  if (reply.kind != Kind::string) return unexpected_answer(reply);
  return reply.text;
}

core::Result<void> read_done(const RedisReply& reply) {
  if (reply.kind != Kind::integer) return unexpected_answer(reply);
  return {};
}

}  // namespace relayna::counters
