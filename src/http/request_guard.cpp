#include "http/request_guard.hpp"

#include "http/ascii.hpp"

namespace relayna::http {

namespace {

using core::ErrorCode;
namespace beast_http = boost::beast::http;

constexpr std::size_t kMaxMethod = 32;
constexpr std::size_t kMaxFieldName = 256;

Refusal malformed(const char* message) noexcept {
  return {ErrorCode::malformed_http, message};
}

bool valid_port(std::string_view digits) noexcept {
  if (digits.empty() || digits.size() > 5) return false;
  unsigned port = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port <= 65'535;
}

}  // namespace

bool valid_host(std::string_view value) noexcept {
  std::string_view rest;
  if (value.starts_with('[')) {
    const std::size_t close = value.find(']');
    if (close == std::string_view::npos || close == 1) return false;
    for (const char c : value.substr(1, close - 1)) {
      if (hex_value(c) < 0 && c != ':' && c != '.') return false;
    }
    rest = value.substr(close + 1);
  } else {
    const std::size_t colon = value.find(':');
    const std::string_view name = value.substr(0, colon);
    if (name.empty()) return false;
    for (const char c : name) {
      if (!is_alnum(c) && c != '-' && c != '.' && c != '_' && c != '~') return false;
    }
    rest = colon == std::string_view::npos ? std::string_view() : value.substr(colon);
  }
  return rest.empty() || (rest.front() == ':' && valid_port(rest.substr(1)));
}

Refusal RequestGuard::request_line(std::string_view method, std::string_view target, int version) noexcept {
  version_ = version;
  if (method.size() > kMaxMethod) return malformed("The request method is too long.");
  if (method == "CONNECT") return malformed("CONNECT is refused: this is not a forward proxy.");
  if (target == "*") {
    if (method == "OPTIONS") return {};
    return malformed("The request target '*' is only for OPTIONS.");
  }
  if (target.front() != '/') {
    return malformed(
        "The request target must be a path; absolute and "
        "authority forms are refused.");
  }
  if (target.find('#') != std::string_view::npos) return malformed("The request target has a fragment.");
  return {};
}

Refusal RequestGuard::field(beast_http::field id, std::string_view name, std::string_view value) noexcept {
  if (++fields_ > max_fields_) {
    return {ErrorCode::request_head_too_large, "The request has too many header fields."};
  }
  if (name.size() > kMaxFieldName) return malformed("A header field name is too long.");
  switch (id) {
    case beast_http::field::host:
      return host(value);
    case beast_http::field::content_length:
      return content_length(value);
    case beast_http::field::transfer_encoding:
      return transfer_encoding(value);
    case beast_http::field::expect:
      return expect(value);
    case beast_http::field::upgrade:
      wants_upgrade_ = true;
      return {};
    case beast_http::field::connection: {
      std::string_view element;
      while (next_element(value, element)) wants_upgrade_ = wants_upgrade_ || same_text(element, "upgrade");
      return {};
    }
    default:
      return {};
  }
}

Refusal RequestGuard::host(std::string_view value) noexcept {
  if (has_host_) return malformed("The Host field is repeated.");
  has_host_ = true;
  if (!valid_host(value)) return malformed("The Host field is not a host name with an optional port.");
  return {};
}

Refusal RequestGuard::content_length(std::string_view value) noexcept {
  if (has_length_) return malformed("The Content-Length field is repeated.");
  if (has_coding_) return malformed("Content-Length and Transfer-Encoding exclude each other.");
  has_length_ = true;
  if (value.empty() || value.size() > 19) return malformed("The Content-Length field is not a number.");
  for (const char c : value) {
    if (!is_digit(c)) return malformed("The Content-Length field is not a number.");
  }
  return {};
}

Refusal RequestGuard::transfer_encoding(std::string_view value) noexcept {
  if (has_coding_) return malformed("The Transfer-Encoding field is repeated.");
  if (has_length_) return malformed("Content-Length and Transfer-Encoding exclude each other.");
  has_coding_ = true;
  if (version_ < 11) return malformed("Transfer-Encoding does not exist in HTTP/1.0.");
  if (!same_text(value, "chunked")) return malformed("The only Transfer-Encoding accepted is 'chunked'.");
  return {};
}

Refusal RequestGuard::expect(std::string_view value) noexcept {
  if (has_expect_) return malformed("The Expect field is repeated.");
  has_expect_ = true;
  if (!same_text(value, "100-continue")) return malformed("The only Expect accepted is '100-continue'.");
  expects_continue_ = version_ >= 11;  // RFC 9110 §10.1.1: ignored from HTTP/1.0
  return {};
}

Refusal RequestGuard::end_of_head() noexcept {
  if (!has_host_ && version_ >= 11) return malformed("The Host field is missing.");
  if (wants_upgrade_) {
    return {ErrorCode::upgrade_unsupported, "Upgrading the connection to another protocol is not supported."};
  }
  return {};
}

Refusal RequestGuard::chunk_extension(std::string_view extension) noexcept {
  if (extension.size() > kMaxChunkExtension) return malformed("A chunk extension is too long.");
  // A quoted value may hold any byte by Beast's rules; a line break there ends
  // the line for other parsers.
  for (const char c : extension) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t')
      return malformed("A chunk extension is malformed.");
  }
  return {};
}

}  // namespace relayna::http
