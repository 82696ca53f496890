#include "http/request_head.hpp"

#include <algorithm>
#include <charconv>

#include "relayna/http/fields.hpp"

#include "http/ascii.hpp"

namespace relayna::http {

namespace {

/// The client's own, or meant for the hop that ended here.
bool is_clients_own(std::string_view name) noexcept {
  switch (name.size()) {
    case 4:
      return same_text(name, "host");
    case 6:
      return same_text(name, "expect");
    case 14:
      return same_text(name, "content-length");
    default:
      return is_hop_by_hop(name);
  }
}

void append_length(std::string& out, std::span<const std::string_view> body) {
  std::uint64_t length = 0;
  for (const auto piece : body) length += piece.size();
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, length).ptr;
  out.append("Content-Length: ").append(digits, static_cast<std::size_t>(end - digits)).append("\r\n");
}

}  // namespace

core::Result<void> write_request_head(std::string& out, const ClientRequest& request,
                                      std::string_view authority) {
  out.clear();
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  const bool clean_line = std::count(out.begin(), out.end(), ' ') == 2;
  out.append("Host: ").append(authority).append("\r\n");
  std::ptrdiff_t lines = 3;
  if (request.fields) {
    for (const Field field : *request.fields) {
      if (is_clients_own(field.name)) continue;
      out.append(field.name).append(": ").append(field.value).append("\r\n");
      ++lines;
    }
  }
  if (request.has_body) {
    append_length(out, request.body);
    ++lines;
  }
  out.append("\r\n");
  // A line break smuggled into any of these would be a second request; so they are counted.
  if (!clean_line || count_controls(out) != 2 * lines) {
    return core::fail(core::ErrorCode::internal_error, {}, "a request to an upstream has a line break in it");
  }
  return {};
}

}  // namespace relayna::http
