#include "relayna/core/time.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace relayna::core {

namespace {

class RealClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] SystemTime wall() const noexcept override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
};

/// Reads fixed-width fields from the front of a text; once one is wrong, all that follow are too.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    int value = 0;
    if (rest_.size() < count) ok_ = false;
    for (std::size_t i = 0; ok_ && i < count; ++i) {
      const char c = rest_[i];
      if (c < '0' || c > '9') ok_ = false;
      value = value * 10 + (c - '0');
    }
    if (ok_) rest_.remove_prefix(count);
    return ok_ ? value : 0;
  }

  /// Takes the next character when it is one of `any`, '\0' otherwise.
  char take(std::string_view any) {
    if (!ok_ || rest_.empty() || !any.contains(rest_.front())) return '\0';
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  void need(std::string_view any) { ok_ = take(any) != '\0'; }

  /// Any number of decimals after the point, to whole microseconds; finer ones are cut off.
  std::int64_t micros() {
    if (take(".") == '\0') return 0;
    std::int64_t value = 0;
    std::int64_t unit = 100'000;
    const std::size_t before = rest_.size();
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      value += unit * (rest_.front() - '0');
      unit /= 10;
      rest_.remove_prefix(1);
    }
    if (rest_.size() == before) ok_ = false;
    return value;
  }

  [[nodiscard]] bool finished() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

void set_digits(std::string& text, std::size_t at, std::size_t count, std::int64_t value) {
  for (std::size_t i = at + count; i > at; value /= 10) text[--i] = static_cast<char>('0' + value % 10);
}

}  // namespace

const Clock& real_clock() noexcept {
  static const RealClock clock;
  return clock;
}

std::string to_rfc3339(SystemTime t) {
  using namespace std::chrono;
  // Four digits are all the format has: what lies outside its years is shown as its first or last moment.
  constexpr SystemTime kFirst = sys_days{year{0} / January / 1};
  constexpr SystemTime kLast = sys_days{year{10000} / January / 1} - microseconds{1};
  t = std::clamp(t, kFirst, kLast);
  const auto day = floor<days>(t);
  const year_month_day date{day};
  const hh_mm_ss<microseconds> clock{t - day};
  std::string out = "0000-00-00T00:00:00";  // every stored event has several, so no format string is read
  set_digits(out, 0, 4, static_cast<int>(date.year()));
  set_digits(out, 5, 2, static_cast<unsigned>(date.month()));
  set_digits(out, 8, 2, static_cast<unsigned>(date.day()));
  set_digits(out, 11, 2, clock.hours().count());
  set_digits(out, 14, 2, clock.minutes().count());
  set_digits(out, 17, 2, clock.seconds().count());
  if (clock.subseconds().count() != 0) {
    out += ".000000";
    set_digits(out, 20, 6, clock.subseconds().count());
  }
  out += 'Z';
  return out;
}

std::optional<SystemTime> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  FieldReader in(text);
  const int y = in.digits(4);
  in.need("-");
  const int mon = in.digits(2);
  in.need("-");
  const int d = in.digits(2);
  in.need("Tt");
  const int h = in.digits(2);
  in.need(":");
  const int min = in.digits(2);
  in.need(":");
  const int s = in.digits(2);
  const std::int64_t us = in.micros();
  int offset_minutes = 0;
  if (const char sign = in.take("+-"); sign != '\0') {
    const int offset_hours = in.digits(2);
    in.need(":");
    const int minutes_part = in.digits(2);
    if (offset_hours > 23 || minutes_part > 59) return std::nullopt;
    offset_minutes = (sign == '-' ? -1 : 1) * (offset_hours * 60 + minutes_part);
  } else {
    in.need("Zz");
  }
  const year_month_day date{year{y}, month{static_cast<unsigned>(mon)}, day{static_cast<unsigned>(d)}};
  if (!in.finished() || !date.ok() || h > 23 || min > 59 || s > 60) return std::nullopt;
  const SystemTime time =
      sys_days{date} + hours{h} + minutes{min - offset_minutes} + seconds{s} + microseconds{us};
  // A leap second ends a UTC day and nothing else; it is read as the second that follows it.
  if (s == 60 && floor<seconds>(time) != floor<days>(time)) return std::nullopt;
  return time;
}

}  // namespace relayna::core
