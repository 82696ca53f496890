#include "http/response_head.hpp"

#include <algorithm>
#include <charconv>

#include "http/ascii.hpp"

namespace relayna::http {

namespace {

/// Date, Connection and the framing are the server's own.
bool is_servers_own(std::string_view name) noexcept {
  switch (name.size()) {
    case 4:
      return same_text(name, "date");
    case 10:
      return same_text(name, "connection") || same_text(name, "keep-alive");
    case 14:
      return same_text(name, "content-length");
    case 17:
      return same_text(name, "transfer-encoding");
    default:
      return false;
  }
}

bool has_control(std::string_view s) noexcept {
  return count_controls(s) > 0;
}

void append_number(std::string& out, std::uint64_t n) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

/// The number of fields written. `checked` looks at every field for line breaks.
std::size_t append_fields(std::string& out, const Fields& fields, bool checked) {
  std::size_t written = 0;
  for (const Field field : fields) {
    if (is_servers_own(field.name)) continue;
    if (checked && (has_control(field.name) || has_control(field.value))) continue;
    out.append(field.name).append(": ").append(field.value).append("\r\n");
    ++written;
  }
  return written;
}

void append_status_line(std::string& out, int status) {
  if (status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
    return;
  }
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(status));
  out.append(" ").append(reason_phrase(status)).append("\r\n");
}

}  // namespace

Framing frame_response(int status, bool head_request, int version, bool has_body,
                       std::optional<std::uint64_t> length) noexcept {
  using Kind = Framing::Kind;
  if (status < 200 || status == 204 || status == 304) return {};
  if (head_request) return has_body && length ? Framing{Kind::length, *length} : Framing{};
  if (!has_body) return {Kind::length, 0};
  if (length) return {Kind::length, *length};
  return {version >= 11 ? Kind::chunked : Kind::until_close, 0};
}

void write_response_head(std::string& out, const ResponseHead& head, const Framing& framing,
                         Persistence persistence, std::string_view date) {
  out.clear();
  append_status_line(out, head.status);
  const std::size_t begin = out.size();
  // One count over the finished text is cheaper than a look at every value; only when it does not add up are
  // the fields checked one by one.
  const std::size_t written = append_fields(out, head.fields, false);
  if (count_controls(std::string_view(out).substr(begin)) != 2 * static_cast<std::ptrdiff_t>(written)) {
    out.resize(begin);
    append_fields(out, head.fields, true);
  }
  out.append("Date: ").append(date).append("\r\n");
  if (framing.kind == Framing::Kind::length) {
    out.append("Content-Length: ");
    append_number(out, framing.length);
    out.append("\r\n");
  } else if (framing.kind == Framing::Kind::chunked) {
    out.append("Transfer-Encoding: chunked\r\n");
  }
  if (persistence == Persistence::close) out.append("Connection: close\r\n");
  if (persistence == Persistence::keep_alive) out.append("Connection: keep-alive\r\n");
  out.append("\r\n");
}

}  // namespace relayna::http
