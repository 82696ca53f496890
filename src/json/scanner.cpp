#include "json/scanner.hpp"

#include <algorithm>
#include <bitset>

#include <fmt/format.h>

#include "json/string_scan.hpp"

namespace relayna::json {

namespace {

constexpr const char* kEndedEarly = "the text ends too early";
constexpr const char* kTooDeep = "nested too deeply";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

class Scanner {
 public:
  Scanner(std::string_view text, std::size_t max_depth, std::vector<Member>* parts)
      : begin_(text.data()),
        p_(begin_),
        end_(begin_ + text.size()),
        max_depth_(std::min(max_depth, kDeepest)),
        parts_(parts) {}

  ScanError run() {
    for (;;) {
      skip_space();
      if (p_ == end_) {
        if (expect_ == Expect::end_of_text) return {};
        fail(kEndedEarly);
      } else {
        step();
      }
      if (reason_ != nullptr) return {static_cast<std::size_t>(p_ - begin_), reason_};
    }
  }

 private:
  enum class Expect : unsigned char {
    value,
    value_or_close,  // after [
    key,             // after a comma
    key_or_close,    // after {
    colon,
    comma_or_close,
    end_of_text
  };

  void step() {
    switch (expect_) {
      case Expect::value_or_close:
        if (*p_ == ']') return close();
        [[fallthrough]];
      case Expect::value:
        return value();
      case Expect::key_or_close:
        if (*p_ == '}') return close();
        [[fallthrough]];
      case Expect::key:
        return key();
      case Expect::colon:
        if (*p_ != ':') return fail("expected a colon");
        ++p_;
        expect_ = Expect::value;
        return;
      case Expect::comma_or_close:
        if (*p_ == ',') {
          ++p_;
          expect_ = in_object() ? Expect::key : Expect::value;
        } else if (*p_ == (in_object() ? '}' : ']')) {
          close();
        } else {
          fail("expected a comma or the closing bracket");
        }
        return;
      case Expect::end_of_text:
        return fail("more text after the value");
    }
  }

  void value() {
    if (noting()) {
      if (!in_object()) parts_->emplace_back().begin = offset();
      parts_->back().value_begin = offset();
    }
    switch (*p_) {
      case '{':
      case '[':
        return open();
      case '"':
        string();
        break;
      case 't':
        literal("true");
        break;
      case 'f':
        literal("false");
        break;
      case 'n':
        literal("null");
        break;
      default:
        number();
    }
    if (reason_ == nullptr) value_ended();
  }

  void key() {
    if (*p_ != '"') return fail("expected a member name in quotes");
    const char* const start = p_;
    string();
    if (reason_ != nullptr) return;
    if (noting()) {
      Member& member = parts_->emplace_back();
      member.key = decode({start + 1, p_ - 1});
      member.begin = static_cast<std::size_t>(start - begin_);
    }
    expect_ = Expect::colon;
  }

  void open() {
    if (depth_ == max_depth_) return fail(kTooDeep);
    const bool object = *p_++ == '{';
    objects_[depth_++] = object;
    expect_ = object ? Expect::key_or_close : Expect::value_or_close;
  }

  void close() {
    ++p_;
    --depth_;
    value_ended();
  }

  void value_ended() {
    if (noting()) parts_->back().value_end = offset();
    expect_ = depth_ == 0 ? Expect::end_of_text : Expect::comma_or_close;
  }

  /// From the opening quote to behind the closing one.
  void string() {
    ++p_;
    for (;;) {
      p_ = skip_plain(p_, end_);
      if (p_ == end_) return fail(kEndedEarly);
      if (*p_ == '"') {
        ++p_;
        return;
      }
      if (*p_ != '\\') return fail("a control character in a string");
      escape();
      if (reason_ != nullptr) return;
    }
  }

  void escape() {
    if (end_ - p_ < 2) return end_early();
    const char kind = p_[1];
    if (kind != 'u') {
      if (!std::string_view("\"\\/bfnrt").contains(kind)) return fail("an unknown escape in a string");
      p_ += 2;
      return;
    }
    p_ += 2;
    for (int i = 0; i < 4; ++i, ++p_) {
      if (p_ == end_) return end_early();
      if (!is_hex(*p_)) return fail("a broken \\u escape in a string");
    }
  }

  void literal(std::string_view word) {
    const auto rest = static_cast<std::size_t>(end_ - p_);
    if (std::string_view(p_, std::min(rest, word.size())) != word) return fail("expected a value");
    p_ += word.size();
  }

  void number() {
    const char* const start = p_;
    if (*p_ == '-') ++p_;
    if (p_ == end_) return end_early();
    if (*p_ == '0') {
      ++p_;
    } else if (!digits()) {
      if (p_ == start) return fail("expected a value");
      return fail("a malformed number");
    }
    if (p_ != end_ && *p_ == '.') {
      ++p_;
      if (!digits()) return fail("a malformed number");
    }
    if (p_ != end_ && (*p_ == 'e' || *p_ == 'E')) {
      ++p_;
      if (p_ != end_ && (*p_ == '+' || *p_ == '-')) ++p_;
      if (!digits()) return fail("a malformed number");
    }
  }

  bool digits() {
    const char* const start = p_;
    while (p_ != end_ && is_digit(*p_)) ++p_;
    return p_ != start;
  }

  void skip_space() {
    while (p_ != end_ && is_space(*p_)) ++p_;
  }

  void fail(const char* reason) { reason_ = reason; }
  void end_early() {
    p_ = end_;
    reason_ = kEndedEarly;
  }
  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(p_ - begin_); }
  [[nodiscard]] bool in_object() const { return depth_ != 0 && objects_[depth_ - 1]; }
  [[nodiscard]] bool noting() const { return depth_ == 1 && parts_ != nullptr; }

  const char* begin_;
  const char* p_;
  const char* end_;
  std::size_t max_depth_;
  std::vector<Member>* parts_;
  const char* reason_ = nullptr;
  std::size_t depth_ = 0;
  Expect expect_ = Expect::value;
  std::bitset<kDeepest> objects_;  // of each open bracket: is it a brace
};

unsigned hex4(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits.substr(0, 4)) {
    const auto digit = static_cast<unsigned>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    value = value << 4U | digit;
  }
  return value;
}

void append_utf8(std::string& out, unsigned code) {
  const auto put = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0U | code >> 6U);
  } else {
    if (code < 0x10000) {
      put(0xE0U | code >> 12U);
    } else {
      put(0xF0U | code >> 18U);
      put(0x80U | (code >> 12U & 0x3FU));
    }
    put(0x80U | (code >> 6U & 0x3FU));
  }
  put(0x80U | (code & 0x3FU));
}

/// Takes the `XXXX` of a \u escape from the front of `rest`, and the second half of a surrogate pair with it.
unsigned take_code_point(std::string_view& rest) {
  constexpr unsigned kReplacement = 0xFFFD;
  const unsigned first = hex4(rest);
  rest.remove_prefix(4);
  if (first < 0xD800 || first > 0xDFFF) return first;
  if (first > 0xDBFF || !rest.starts_with("\\u")) return kReplacement;
  const unsigned second = hex4(rest.substr(2));
  if (second < 0xDC00 || second > 0xDFFF) return kReplacement;
  rest.remove_prefix(6);
  return 0x10000 + ((first - 0xD800) << 10U) + (second - 0xDC00);
}

}  // namespace

std::unexpected<core::Error> ScanError::failure() const {
  return core::fail(core::ErrorCode::invalid_json,
                    fmt::format("Invalid JSON at byte {}: {}.", offset, reason));
}

ScanError scan(std::string_view text, std::size_t max_depth, std::vector<Member>* parts) {
  return Scanner(text, max_depth, parts).run();
}

std::string decode(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  for (;;) {
    const std::size_t plain = std::min(body.find('\\'), body.size());
    out.append(body.substr(0, plain));
    body.remove_prefix(plain);
    if (body.empty()) return out;
    const char kind = body[1];
    body.remove_prefix(2);
    if (kind == 'u') {
      append_utf8(out, take_code_point(body));
    } else {
      constexpr std::string_view kLetters = "bfnrt";
      constexpr std::string_view kBytes = "\b\f\n\r\t";
      const std::size_t i = kLetters.find(kind);
      out.push_back(i == std::string_view::npos ? kind : kBytes[i]);
    }
  }
}

}  // namespace relayna::json
