#include "relayna/json/reader.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

#include <simdjson.h>

#include "relayna/json/scan.hpp"

namespace relayna::json {

namespace dom = simdjson::dom;
static_assert(core::Buffer::kPadding >= simdjson::SIMDJSON_PADDING);

namespace {

constexpr std::size_t kMaxDepth = 256;

// simdjson's views are a document pointer and an index; the public header keeps just those two.
struct Place {
  const void* document;
  std::size_t index;
};
template <class View>
View at(const void* document, std::size_t index) noexcept {
  static_assert(sizeof(View) == sizeof(Place) && std::is_trivially_copyable_v<View>);
  return std::bit_cast<View>(Place{document, index});
}
template <class View>
Place place_of(const View& view) noexcept {
  static_assert(sizeof(View) == sizeof(Place) && std::is_trivially_copyable_v<View>);
  return std::bit_cast<Place>(view);
}

bool is_number_byte(char c) noexcept {
  return (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E';
}

bool fits_a_double_or_integer(const std::string& token) {
  if (token.find_first_of(".eE") == std::string::npos) {
    std::uint64_t positive = 0;
    std::int64_t negative = 0;
    const char* end = token.data() + token.size();
    return token.front() == '-' ? std::from_chars(token.data(), end, negative).ec == std::errc{}
                                : std::from_chars(token.data(), end, positive).ec == std::errc{};
  }
  return std::isfinite(std::strtod(token.c_str(), nullptr));
}

void cap_number(std::string& text, std::size_t begin, std::size_t end) {
  if (fits_a_double_or_integer(text.substr(begin, end - begin))) return;
  std::string cap = text[begin] == '-' ? "-1e308" : "1e308";
  cap.resize(end - begin, ' ');  // every such number has at least five characters
  text.replace(begin, end - begin, cap);
}

/// The value of the \uXXXX at `at`, or -1 when there is none.
int escaped_unit(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  int unit = 0;
  const auto parsed = std::from_chars(text.data() + at + 2, text.data() + at + 6, unit, 16);
  return parsed.ptr == text.data() + at + 6 ? unit : -1;
}

/// Moves past the escape at `at`; a surrogate without its other half becomes U+FFFD.
std::size_t mend_escape(std::string& text, std::size_t at) {
  const int unit = escaped_unit(text, at);
  if (unit < 0) return at + 2;
  if (unit >= 0xD800 && unit < 0xDC00) {
    const int next = escaped_unit(text, at + 6);
    if (next >= 0xDC00 && next < 0xE000) return at + 12;
  }
  if (unit >= 0xD800 && unit < 0xE000) text.replace(at, 6, "\\ufffd");
  return at + 6;
}

// simdjson refuses two things that are valid JSON: numbers that fit neither 64 bits nor a double, and escaped
// lone surrogates. Such a body must still be readable, so those tokens, and only those, are replaced in a
// copy; offsets stay.
std::string mend(std::string_view text) {
  std::string copy(text);
  bool in_string = false;
  for (std::size_t i = 0; i < copy.size();) {
    const char c = copy[i];
    if (in_string) {
      if (c == '\\') {
        i = mend_escape(copy, i);
        continue;
      }
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (is_number_byte(c) && c != 'e' && c != 'E') {  // not the e of true and false
      std::size_t end = i + 1;
      while (end < copy.size() && is_number_byte(copy[end])) ++end;
      cap_number(copy, i, end);
      i = end;
      continue;
    }
    ++i;
  }
  return copy;
}

}  // namespace

struct Reader::State {
  dom::parser parser;
  core::Buffer padded;
  State() { renew(); }
  void renew() {
    parser = dom::parser();
    (void)parser.allocate(1024, kMaxDepth + 1);
  }
};

Reader::Reader() : state_(std::make_unique<State>()) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

core::Result<Value> Reader::parse(const core::Buffer& text) {
  const std::string_view view = text.view();
  simdjson::error_code code = simdjson::EMPTY;
  dom::element root;
  if (!view.empty()) code = state_->parser.parse(view.data(), view.size(), false).get(root);
  if (code == simdjson::NUMBER_ERROR || code == simdjson::STRING_ERROR) {
    if (auto valid = validate(view, kMaxDepth); !valid) return std::unexpected(valid.error());
    const core::Buffer padded(mend(view));
    const std::string_view mended = padded.view();
    code = state_->parser.parse(mended.data(), mended.size(), false).get(root);
  }
  if (code == simdjson::SUCCESS) {
    const Place place = place_of(root);
    return Value(place.document, place.index);
  }
  if (code == simdjson::MEMALLOC || code == simdjson::CAPACITY) {
    return core::fail(core::ErrorCode::gateway_overloaded, {},
                      "no memory to parse " + std::to_string(view.size()) + " bytes of JSON");
  }
  // simdjson does not say where; the slower validator does.
  if (auto valid = validate(view, kMaxDepth); !valid) return std::unexpected(valid.error());
  return core::fail(core::ErrorCode::invalid_json, {}, simdjson::error_message(code));
}

core::Result<Value> Reader::parse(std::string_view text) {
  state_->padded.clear();
  state_->padded.append(text);
  return parse(state_->padded);
}

void Reader::trim(std::size_t keep_bytes) noexcept {
  if (state_->parser.capacity() > keep_bytes) state_->renew();
  if (state_->padded.size() > keep_bytes) state_->padded.release();
}

Type Value::type() const noexcept {
  if (document_ == nullptr) return Type::null;
  switch (at<dom::element>(document_, index_).type()) {
    case dom::element_type::NULL_VALUE:
      return Type::null;
    case dom::element_type::BOOL:
      return Type::boolean;
    case dom::element_type::STRING:
      return Type::string;
    case dom::element_type::ARRAY:
      return Type::array;
    case dom::element_type::OBJECT:
      return Type::object;
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE:
      break;
  }
  return Type::number;
}

std::optional<bool> Value::boolean() const noexcept {
  bool value = false;
  if (document_ == nullptr || at<dom::element>(document_, index_).get(value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> Value::integer() const noexcept {
  std::int64_t value = 0;
  if (document_ == nullptr || at<dom::element>(document_, index_).get(value)) return std::nullopt;
  return value;
}

std::optional<double> Value::number() const noexcept {
  double value = 0;
  if (document_ == nullptr || at<dom::element>(document_, index_).get(value)) return std::nullopt;
  return value;
}

std::optional<std::string_view> Value::string() const noexcept {
  std::string_view value;
  if (document_ == nullptr || at<dom::element>(document_, index_).get(value)) return std::nullopt;
  return value;
}

std::optional<Array> Value::array() const noexcept {
  if (document_ == nullptr || !at<dom::element>(document_, index_).is_array()) return std::nullopt;
  return Array(*this);
}

std::optional<Object> Value::object() const noexcept {
  if (document_ == nullptr || !at<dom::element>(document_, index_).is_object()) return std::nullopt;
  return Object(*this);
}

Array Value::elements() const noexcept {
  return array().value_or(Array());
}

Object Value::members() const noexcept {
  return object().value_or(Object());
}

Value Value::operator[](std::string_view key) const noexcept {
  dom::object members;
  dom::element found;
  if (document_ == nullptr || at<dom::element>(document_, index_).get(members)) return {};
  if (members.at_key(key).get(found)) return {};
  const Place place = place_of(found);
  return {place.document, place.index};
}

Value Array::Iterator::operator*() const noexcept {
  return {document_, index_};
}

Array::Iterator& Array::Iterator::operator++() noexcept {
  auto iterator = at<dom::array::iterator>(document_, index_);
  index_ = place_of(++iterator).index;
  return *this;
}

Array::Iterator Array::begin() const noexcept {
  if (!value_.exists()) return {nullptr, 0};
  dom::array elements;
  (void)at<dom::element>(value_.document_, value_.index_).get(elements);
  const Place place = place_of(elements.begin());
  return {place.document, place.index};
}

Array::Iterator Array::end() const noexcept {
  if (!value_.exists()) return {nullptr, 0};
  dom::array elements;
  (void)at<dom::element>(value_.document_, value_.index_).get(elements);
  const Place place = place_of(elements.end());
  return {place.document, place.index};
}

std::size_t Array::size() const noexcept {
  std::size_t count = 0;
  for (auto i = begin(), last = end(); !(i == last); ++i) ++count;
  return count;
}

Field Object::Iterator::operator*() const noexcept {
  const auto iterator = at<dom::object::iterator>(document_, index_);
  const Place place = place_of(iterator.value());
  return {iterator.key(), Value(place.document, place.index)};
}

Object::Iterator& Object::Iterator::operator++() noexcept {
  auto iterator = at<dom::object::iterator>(document_, index_);
  index_ = place_of(++iterator).index;
  return *this;
}

Object::Iterator Object::begin() const noexcept {
  if (!value_.exists()) return {nullptr, 0};
  dom::object members;
  (void)at<dom::element>(value_.document_, value_.index_).get(members);
  const Place place = place_of(members.begin());
  return {place.document, place.index};
}

Object::Iterator Object::end() const noexcept {
  if (!value_.exists()) return {nullptr, 0};
  dom::object members;
  (void)at<dom::element>(value_.document_, value_.index_).get(members);
  const Place place = place_of(members.end());
  return {place.document, place.index};
}

}  // namespace relayna::json
