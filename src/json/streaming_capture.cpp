#include <algorithm>
#include <utility>

#include "relayna/json/scan.hpp"

#include "json/string_scan.hpp"

namespace relayna::json {

namespace {

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// Bytes that numbers and literals are made of.
bool is_scalar(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' || c == 'E';
}

bool is_structural(char c) {
  return c == '"' || c == '{' || c == '}' || c == '[' || c == ']';
}

}  // namespace

StreamingCapture::StreamingCapture(std::vector<std::string> keys, std::size_t max_value_bytes)
    : keys_(std::move(keys)), values_(keys_.size()), max_value_(max_value_bytes) {
  constexpr std::size_t kLongestEscape = 6;  // \u0061
  for (const std::string& key : keys_) max_key_ = std::max(max_key_, key.size() * kLongestEscape);
}

void StreamingCapture::feed(std::string_view bytes) {
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  while (p != end) {
    switch (state_) {
      case State::in_key:
        p = in_key(p, end);
        break;
      case State::in_scalar:
      case State::in_string:
      case State::in_nested:
      case State::in_nested_string: {
        const char* const from = p;
        do p = in_value(p, end);
        while (p != end && state_ != State::after_value);
        keep(from, p);
        if (state_ == State::after_value) finish_value();
        break;
      }
      case State::broken:
        return;
      default:
        p = between(p);
    }
  }
}

/// One byte where only white space and punctuation stand.
StreamingCapture::Cursor StreamingCapture::between(Cursor p) {
  const char c = *p;
  if (is_space(c)) return p + 1;
  State next = State::broken;
  switch (state_) {
    case State::before_object:
      if (c == '{') next = State::before_first_key;
      break;
    case State::before_first_key:
      if (c == '}') next = State::done;
      [[fallthrough]];
    case State::before_key:
      if (c == '"') {
        key_.clear();
        too_long_ = false;
        next = State::in_key;
      }
      break;
    case State::after_key:
      if (c == ':') next = State::before_value;
      break;
    case State::before_value:
      return begin_value(p);
    case State::after_value:
      if (c == ',') next = State::before_key;
      if (c == '}') next = State::done;
      break;
    default:  // after the object nothing may follow
      break;
  }
  state_ = next;
  return p + 1;
}

StreamingCapture::Cursor StreamingCapture::in_key(Cursor p, Cursor end) {
  const Cursor from = p;
  p = skip_string(p, end, State::after_key);
  const auto length = static_cast<std::size_t>((state_ == State::after_key ? p - 1 : p) - from);
  if (length > max_key_ - key_.size()) {
    too_long_ = true;  // none of ours, whatever follows
  } else {
    key_.append(from, length);
  }
  if (state_ == State::after_key) finish_key();
  return p;
}

void StreamingCapture::finish_key() {
  wanted_.reset();
  if (too_long_) return;
  if (key_.contains('\\')) {
    auto decoded = unquote('"' + key_ + '"');
    if (!decoded) return;
    key_ = std::move(*decoded);
  }
  const auto found = std::ranges::find(keys_, key_);
  if (found == keys_.end()) return;
  wanted_ = static_cast<std::size_t>(found - keys_.begin());
  values_[*wanted_].reset();  // of repeated members the last counts, even when it never ends
}

StreamingCapture::Cursor StreamingCapture::begin_value(Cursor p) {
  too_long_ = false;
  current_.clear();
  if (is_scalar(*p)) {
    state_ = State::in_scalar;
    return p;
  }
  switch (*p) {
    case '"':
      state_ = State::in_string;
      break;
    case '{':
    case '[':
      state_ = State::in_nested;
      depth_ = 1;
      break;
    default:
      state_ = State::broken;
  }
  keep(p, p + 1);
  return p + 1;
}

StreamingCapture::Cursor StreamingCapture::in_value(Cursor p, Cursor end) {
  switch (state_) {
    case State::in_string:
      return skip_string(p, end, State::after_value);
    case State::in_nested_string:
      return skip_string(p, end, State::in_nested);
    case State::in_nested:
      return skip_nested(p, end);
    default:
      p = std::find_if_not(p, end, is_scalar);
      if (p != end) state_ = State::after_value;
      return p;
  }
}

/// To behind the closing quote, which leads to the state `after`, or to the end of what is there.
StreamingCapture::Cursor StreamingCapture::skip_string(Cursor p, Cursor end, State after) {
  while (p != end) {
    if (std::exchange(escaped_, false)) {
      ++p;
      continue;
    }
    p = skip_plain(p, end);
    if (p == end) break;
    const char c = *p++;
    if (c == '"') {
      state_ = after;
      break;
    }
    escaped_ = c == '\\';
  }
  return p;
}

StreamingCapture::Cursor StreamingCapture::skip_nested(Cursor p, Cursor end) {
  while (true) {
    p = std::find_if(p, end, is_structural);
    if (p == end) return p;
    const char c = *p++;
    if (c == '"') {
      state_ = State::in_nested_string;
      return p;
    }
    if (c == '{' || c == '[') {
      ++depth_;
    } else if (--depth_ == 0) {
      state_ = State::after_value;
      return p;
    }
  }
}

void StreamingCapture::keep(Cursor from, Cursor to) {
  if (!wanted_ || too_long_) return;
  const auto length = static_cast<std::size_t>(to - from);
  if (length > max_value_ - current_.size()) {
    too_long_ = true;
    current_ = {};
  } else {
    current_.append(from, length);
  }
}

void StreamingCapture::finish_value() {
  if (wanted_ && !too_long_) values_[*wanted_] = std::exchange(current_, {});
}

std::optional<std::string_view> StreamingCapture::value(std::string_view key) const {
  const auto found = std::ranges::find(keys_, key);
  if (found == keys_.end()) return std::nullopt;
  const auto& value = values_[static_cast<std::size_t>(found - keys_.begin())];
  if (!value) return std::nullopt;
  return std::string_view(*value);
}

}  // namespace relayna::json
