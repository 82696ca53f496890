// A stranger's request, as the server takes it apart. The first byte says where the rest is cut; cut or
// whole, the outcome must be the same, and nothing that is accepted may be readable in two ways.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/http/path.hpp"

#include "fuzz/check.hpp"
#include "http/ascii.hpp"
#include "http/body_reader.hpp"
#include "http/head_parser.hpp"
#include "http/head_scanner.hpp"

namespace {

using namespace relayna;
using Status = http::HeadScanner::Status;

void check_framing(const http::RequestHead& head, const http::RequestParser& parser) {
  const auto& fields = head.fields;
  FUZZ_CHECK(fields.size() <= 100);
  FUZZ_CHECK(fields.count("host") <= 1 && (head.version == 10 || fields.count("host") == 1));
  FUZZ_CHECK(fields.count("content-length") + fields.count("transfer-encoding") <= 1);
  FUZZ_CHECK(!fields.find("upgrade") && !fields.has_token("connection", "upgrade"));
  if (const auto coding = fields.find("transfer-encoding")) {
    FUZZ_CHECK(head.version == 11 && http::same_text(*coding, "chunked") && parser.is_chunked());
  }
  if (const auto length = fields.find("content-length")) {
    FUZZ_CHECK(std::all_of(length->begin(), length->end(), http::is_digit));
    FUZZ_CHECK(parser.done() == (*parser.declared_left() == 0));
  }
  if (!fields.find("content-length") && !fields.find("transfer-encoding")) FUZZ_CHECK(parser.done());
}

void check_text(const http::RequestHead& head, std::string_view raw) {
  for (const http::Field field : head.fields) {
    FUZZ_CHECK(!field.name.empty() && std::all_of(field.name.begin(), field.name.end(), http::is_token_char));
    for (const char c : field.value)
      FUZZ_CHECK((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t');
    FUZZ_CHECK(raw.find(field.value) != std::string_view::npos);  // nothing was joined or repaired
  }
  FUZZ_CHECK(head.target == "*" || head.target.front() == '/');
  if (const auto target = http::parse_target(head.target)) {
    FUZZ_CHECK(target->path.front() == '/' && target->path.find("//") == std::string::npos);
    FUZZ_CHECK((target->path + "/").find("/../") == std::string::npos);
  }
}

struct Body {
  std::string bytes;
  bool done = false;
  bool failed = false;
  std::size_t consumed = 0;
};

/// Feeds `pieces` as they would arrive; what is not consumed is given again in front of the next.
Body read_body(http::RequestParser& parser, const std::vector<std::string_view>& pieces) {
  Body body;
  std::string held;
  for (const auto piece : pieces) {
    held.append(piece);
    while (!held.empty() && !parser.done() && !body.failed) {
      const http::Fed fed = parser.feed(held);
      FUZZ_CHECK(fed.produced <= fed.consumed && fed.consumed <= held.size());
      body.bytes.append(held, 0, fed.produced);
      body.consumed += fed.consumed;
      body.failed = fed.error != nullptr;
      held.erase(0, fed.consumed);
      if (fed.consumed == 0) break;
    }
  }
  body.done = parser.done();
  return body;
}

/// A strict reader of chunks that shares nothing with Beast. False when the body is not complete and valid.
bool decode_chunks(std::string_view in, std::string& out, std::size_t& consumed) {
  std::size_t at = 0;
  const auto line = [&](std::string_view& text) {
    const std::size_t end = in.find("\r\n", at);
    if (end == std::string_view::npos) return false;
    text = in.substr(at, end - at);
    at = end + 2;
    return true;
  };
  for (;;) {
    std::string_view text;
    if (!line(text)) return false;
    std::uint64_t size = 0;
    std::size_t digits = 0;
    while (digits < text.size() && http::hex_value(text[digits]) >= 0) {
      if (size > (UINT64_MAX >> 4)) return false;
      size = size * 16 + static_cast<std::uint64_t>(http::hex_value(text[digits++]));
    }
    if (digits == 0) return false;
    if (size == 0) break;
    if (size > in.size() - at || in.substr(at + size, 2) != "\r\n") return false;
    out.append(in.substr(at, size));
    at += size + 2;
  }
  for (std::string_view trailer = "x"; !trailer.empty();) {
    if (!line(trailer)) return false;
  }
  consumed = at;
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t cut = std::min<std::size_t>(data[0], input.size());

  http::HeadScanner whole;
  const Status status = whole.scan(input);
  http::HeadScanner bytewise;
  Status same = Status::need_more;
  for (std::size_t n = 1; n <= input.size() && same == Status::need_more; ++n)
    same = bytewise.scan(input.substr(0, n));
  FUZZ_CHECK(same == status);
  if (status != Status::complete) return 0;
  FUZZ_CHECK(whole.begin() == bytewise.begin() && whole.end() == bytewise.end());

  const std::string_view raw = input.substr(whole.begin(), whole.end() - whole.begin());
  const std::string_view behind = input.substr(whole.end());
  http::RequestHead head;
  http::RequestParser parser(head, 100);
  if (parser.parse_head(raw, std::min<std::size_t>(whole.field_lines(), 100))) return 0;
  check_framing(head, parser);
  check_text(head, raw);
  if (parser.done()) return 0;

  http::RequestHead again_head;
  http::RequestParser again(again_head, 100);
  FUZZ_CHECK(!again.parse_head(raw, 0));
  const Body one = read_body(parser, {behind});
  const std::size_t split = std::min(cut, behind.size());
  const Body two = read_body(again, {behind.substr(0, split), behind.substr(split)});
  FUZZ_CHECK(one.done == two.done);
  if (one.done) FUZZ_CHECK(one.bytes == two.bytes && one.consumed == two.consumed);
  if (one.done && parser.is_chunked()) {
    std::string reference;
    std::size_t consumed = 0;
    FUZZ_CHECK(decode_chunks(behind, reference, consumed));
    FUZZ_CHECK(reference == one.bytes && consumed == one.consumed);
  }
  return 0;
}
