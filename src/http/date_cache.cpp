#include <array>

#include "http/server_context.hpp"

namespace relayna::http {

namespace {

void append_padded(std::string& out, unsigned n) {
  out.push_back(static_cast<char>('0' + n / 10 % 10));
  out.push_back(static_cast<char>('0' + n % 10));
}

}  // namespace

void DateCache::update(core::SystemTime now) {
  namespace chrono = std::chrono;
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto second = chrono::floor<chrono::seconds>(now);
  if (second == second_ && !text_.empty()) return;
  second_ = second;
  const auto day = chrono::floor<chrono::days>(second);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss time(second - day);
  text_.assign(kDays[chrono::weekday(day).c_encoding()]).append(", ");
  append_padded(text_, static_cast<unsigned>(date.day()));
  text_.append(" ").append(kMonths[static_cast<unsigned>(date.month()) - 1]).append(" ");
  text_.append(std::to_string(static_cast<int>(date.year()))).append(" ");
  append_padded(text_, static_cast<unsigned>(time.hours().count()));
  text_.push_back(':');
  append_padded(text_, static_cast<unsigned>(time.minutes().count()));
  text_.push_back(':');
  append_padded(text_, static_cast<unsigned>(time.seconds().count()));
  text_.append(" GMT");
}

}  // namespace relayna::http
