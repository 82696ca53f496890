#include "counters/redis/replies.hpp"

#include <cmath>
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

template <class Number>
void append_bytes(std::string& out, Number number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

template <class Number>
Number bytes_at(std::string_view bytes, std::size_t at) {
  Number number;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

constexpr std::int64_t kMoneyBase = 1'000'000'000;
constexpr std::size_t kLimitsSize = 13 * sizeof(double);

/// As redis/scripts/limits.lua reads them.
void append_limits(std::string& out, const domain::LimitSet& limits) {
  for (std::size_t i = 0; i < domain::kLimitKinds; ++i) {
    const auto kind = static_cast<LimitKind>(i);
    const auto limit = limits.of(kind);
    const auto number = limits.has(kind)
                            ? static_cast<double>(domain::is_money(kind) ? limit / kMoneyBase : limit)
                            : std::numeric_limits<double>::infinity();
    append_bytes(out, number);
    if (domain::is_money(kind))
      append_bytes(out, limits.has(kind) ? static_cast<double>(limit % kMoneyBase) : 0.0);
  }
}

/// Those of what `append_limits` wrote that an extension is held to.
domain::LimitSet read_limits(std::string_view bytes) {
  domain::LimitSet limits;
  std::size_t at = 0;
  for (std::size_t i = 0; i < domain::kLimitKinds; ++i) {
    const auto kind = static_cast<LimitKind>(i);
    const auto money = domain::is_money(kind);
    if (bytes.size() - at < (money ? 2 : 1) * sizeof(double)) break;
    const auto most = bytes_at<double>(bytes, at);
    if (extendable(kind) && std::isfinite(most)) {
      const auto high = static_cast<std::int64_t>(most);
      limits.set(kind, money ? high * kMoneyBase +
                                   static_cast<std::int64_t>(bytes_at<double>(bytes, at + sizeof(double)))
                             : high);
    }
    at += (money ? 2 : 1) * sizeof(double);
  }
  return limits;
}

/// The numbers of a scope; see redis/scripts/common.lua. Little-endian, as is every machine we build for.
constexpr std::size_t kDoubles = 17;
constexpr std::size_t kNewestAt = kDoubles * sizeof(double);
constexpr std::size_t kSecondSize = 16;
constexpr std::size_t kOldestAt = kNewestAt + kSecondSize;
constexpr std::size_t kNumbersSize = kOldestAt + 3 * sizeof(std::uint32_t);

Window::Second second_at(std::string_view packed, std::size_t at) {
  return {.at = bytes_at<std::uint32_t>(packed, at),
          .requests = bytes_at<std::uint32_t>(packed, at + 4),
          .tokens = static_cast<std::int64_t>(bytes_at<double>(packed, at + 8))};
}

Window read_window(std::string_view packed) {
  std::vector<Window::Second> seconds;
  for (std::size_t at = kNumbersSize; at + kSecondSize <= packed.size(); at += kSecondSize)
    seconds.push_back(second_at(packed, at));
  if (const auto newest = second_at(packed, kNewestAt); newest.at > 0) seconds.push_back(newest);
  return Window::from(std::move(seconds));
}

/// Money as Redis has it: high × 10^9 + low. Saturates.
std::int64_t money(std::int64_t high, std::int64_t low) noexcept {
  std::int64_t most = 0;
  if (__builtin_mul_overflow(high, kMoneyBase, &most))
    return high < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
  return plus(most, low);
}

domain::Periods periods_of_day(std::int64_t day) {
  return domain::Periods::of(core::SystemTime{std::chrono::days(day)});
}

/// The numbers of a scope without its window. Expects kNumbersSize bytes.
ScopeCount read_numbers(std::string_view packed) {
  const auto n = [&](std::size_t i) {
    return static_cast<std::int64_t>(bytes_at<double>(packed, i * sizeof(double)));
  };
  ScopeCount count;
  count.concurrent = n(0);
  count.durable = static_cast<Durable>(n(1));
  count.periods = periods_of_day(n(2));
  count.requests_today = n(3);
  count.tokens_today = n(4);
  count.spent = money(n(5), n(6));
  count.spent_before_today = money(n(7), n(8));
  count.spent_before_week = money(n(9), n(10));
  count.spent_before_month = money(n(11), n(12));
  count.reserved = {.tokens = n(15), .cost_nanos = n(16)};
  return count;
}

/// A scope with all seconds of its minute; an empty one when it is neither.
ScopeCount read_stored(std::string_view packed) {
  if (packed.size() < kNumbersSize) return {};
  auto count = read_numbers(packed);
  count.window = read_window(packed);
  return count;
}

/// A scope without the seconds of its minute. Its numbers name the sums and the oldest seconds that count,
/// which are all a standing needs.
ScopeCount read_summed(std::string_view packed) {
  auto count = read_numbers(packed);
  const auto newest = second_at(packed, kNewestAt);
  const auto oldest = [&](std::size_t which, bool in_newest) -> std::int64_t {
    const auto second = bytes_at<std::uint32_t>(packed, kOldestAt + which * sizeof(std::uint32_t));
    return second == 0 && in_newest ? newest.at : second;
  };
  const auto sum = [&](std::size_t i) {
    return static_cast<std::int64_t>(bytes_at<double>(packed, i * sizeof(double)));
  };
  count.window = Window::from({{.at = oldest(1, newest.requests > 0), .requests = sum(13)},
                               {.at = oldest(2, newest.tokens > 0), .tokens = sum(14)}});
  return count;
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

/// Of a scope in front of its name.
constexpr std::size_t kNameHead = 1 + sizeof(std::uint16_t);

std::size_t names_bytes(const AdmitRequest& request) noexcept {
  std::size_t bytes = 0;
  for (const Scope& scope : request.scopes) bytes += kNameHead + scope.id.size();
  return bytes;
}

std::size_t limits_bytes(const AdmitRequest& request) noexcept {
  return request.scopes.size() * kLimitsSize + request.memo.size();
}

}  // namespace

std::size_t admission_bytes(const AdmitRequest& request) noexcept {
  return names_bytes(request) + limits_bytes(request);
}

void append_admission(RedisArguments& arguments, const AdmitRequest& request,
                      const std::string& known_epoch) {
  const auto amounts = bounded(request.amounts);
  const bool dated = request.announce && request.at.has_value();
  const auto at = dated ? second_of(*request.at) : 0;
  std::string scopes;
  scopes.reserve(names_bytes(request));
  std::string limits;
  limits.reserve(limits_bytes(request));
  for (const auto& scope : request.scopes) {
    const bool by_minute =
        scope.limits.has(LimitKind::requests_per_minute) || scope.limits.has(LimitKind::tokens_per_minute);
    scopes += static_cast<char>((scope.limits.has_durable() ? 1 : 0) + (by_minute ? 2 : 0));
    append_bytes(scopes, static_cast<std::uint16_t>(scope.id.size()));
    scopes += scope.id;
    append_limits(limits, scope.limits);
  }
  limits += request.memo;
  arguments.add(request.request_id);
  arguments.add(amounts.tokens);
  arguments.add(amounts.cost_nanos);
  arguments.add(request.announce ? "1" : "");
  arguments.add(known_epoch);
  arguments.add(dated ? std::to_string(at) : "");
  arguments.add(dated ? std::to_string((*request.at - time_of(at, 0)).count()) : "");
  arguments.add(scopes);
  arguments.add(limits);
}

namespace {

/// As redis/scripts/money.lua reads it.
void append_amounts_of(RedisArguments& arguments, const domain::Balance& balance) {
  for (const auto amount :
       {balance.periods.day, balance.requests_today, balance.tokens_today, balance.cost_total,
        balance.cost_today, balance.cost_this_week, balance.cost_this_month})
    arguments.add(amount);
}

}  // namespace

void append_balance(RedisArguments& arguments, const std::string& scope, const domain::Balance& balance,
                    const std::string& epoch) {
  arguments.add(scope);
  arguments.add(epoch);
  append_amounts_of(arguments, balance);
  arguments.add(balance.snapshot);
}

void append_reset(RedisArguments& arguments, const Reset& reset) {
  arguments.add(reset.id);
  arguments.add(reset.scope);
  arguments.add((reset.requests_of_minute ? 1 : 0) + (reset.tokens_of_minute ? 2 : 0));
  arguments.add(std::to_string(reset.stamp));
  append_amounts_of(arguments, reset.taken_off);
}

void append_delivered(RedisArguments& arguments, const Delivered& delivered) {
  const auto amounts = bounded(delivered.amounts);
  arguments.add(delivered.request_id);
  arguments.add(std::to_string(delivered.stamp));
  arguments.add(amounts.tokens);
  arguments.add(amounts.cost_nanos);
  arguments.add(domain::Periods::of(delivered.at).day);
  arguments.add(delivered.counted ? "1" : "");
  arguments.add(delivered.epoch);
  arguments.add(static_cast<std::int64_t>(delivered.scopes.size()));
  for (const std::string& scope : delivered.scopes) arguments.add(scope);
}

namespace {

/// See admit.lua.
core::Result<Admission> read_admitted(const RedisReply& reply, const AdmitRequest& request) {
  constexpr std::size_t kTimes = 3 * sizeof(std::uint32_t);
  const std::string_view text = reply.text;
  const auto epoch_at = kTimes + request.scopes.size() * kNumbersSize;
  if (text.size() < epoch_at) return unexpected_answer(reply);
  Admission admission{.at = time_of(bytes_at<std::uint32_t>(text, 0), bytes_at<std::uint32_t>(text, 4)),
                      .epoch = std::string(text.substr(epoch_at))};
  const auto now = bytes_at<std::uint32_t>(text, 8);
  admission.standings.reserve(request.scopes.size());
  for (std::size_t i = 0; i < request.scopes.size(); ++i)
    admission.standings.push_back(standing(read_summed(text.substr(kTimes + i * kNumbersSize, kNumbersSize)),
                                           request.scopes[i].limits, time_of(now, 0)));
  return admission;
}

}  // namespace

core::Result<Admission> read_admission(const RedisReply& reply, const AdmitRequest& request) {
  if (reply.kind == Kind::string) return read_admitted(reply, request);
  if (!is_list(reply, 4)) return unexpected_answer(reply);
  const auto& items = reply.items;
  const auto code = number(items[0]);
  const auto scopes = request.scopes.size();
  Admission admission{.at = time_of(number(items[1]), number(items[2])), .epoch = items[3].text};
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

core::Result<Uses> read_uses(const RedisReply& reply, const std::vector<Scope>& scopes) {
  if (!is_list(reply, 2 + scopes.size())) return unexpected_answer(reply);
  Uses uses{.at = time_of(number(reply.items[0]), number(reply.items[1]))};
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    const auto& packed = reply.items[2 + i].text;
    if (packed.size() < kNumbersSize) return unexpected_answer(reply);
    const auto count = read_summed(packed);
    Use use{.standing = standing(count, scopes[i].limits, uses.at)};
    use.reserved = reserved_of(count, use.standing);
    uses.scopes.push_back(use);
  }
  return uses;
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

core::Result<std::vector<Settlement>> read_settlements(const RedisReply& reply, std::size_t count) {
  if (reply.kind != Kind::string || reply.text.size() < 2 * count) return unexpected_answer(reply);
  std::vector<Settlement> settlements(count);
  for (std::size_t i = 0; i < count; ++i) {
    settlements[i] = {.known = reply.text[2 * i] == '1',
                      .all_seeded = reply.text[2 * i + 1] == '1',
                      .epoch = reply.text.substr(2 * count)};
  }
  return settlements;
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
