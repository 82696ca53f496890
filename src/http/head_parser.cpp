#include "http/head_parser.hpp"

#include <cstring>

#include "http/ascii.hpp"

namespace relayna::http {

namespace {

namespace beast_http = boost::beast::http;
using Error = beast_http::error;

std::string_view std_view(boost::beast::string_view s) noexcept {
  return {s.data(), s.size()};
}

/// Beast's reason in the caller's words.
const char* explain(const boost::beast::error_code& ec) noexcept {
  if (ec == Error::bad_method) return "The request method is malformed.";
  if (ec == Error::bad_target) return "The request target is malformed.";
  if (ec == Error::bad_version) return "Only HTTP/1.0 and HTTP/1.1 are spoken here.";
  if (ec == Error::bad_field) return "A header field name is malformed.";
  if (ec == Error::bad_value) return "A header field value is malformed.";
  if (ec == Error::bad_content_length || ec == Error::multiple_content_length) {
    return "The Content-Length field is malformed.";
  }
  if (ec == Error::bad_transfer_encoding) return "The Transfer-Encoding field is malformed.";
  if (ec == Error::bad_chunk) return "The chunked body is malformed.";
  if (ec == Error::bad_chunk_extension) return "A chunk extension is malformed.";
  if (ec == Error::bad_line_ending) return "A line does not end in CRLF.";
  return "The message is not valid HTTP/1.1.";
}

}  // namespace

template <bool isRequest>
Refusal MessageParser<isRequest>::parse_head(std::string_view raw, std::size_t field_lines) {
  head_->fields.reserve(field_lines, raw.size());
  this->header_limit(static_cast<std::uint32_t>(raw.size() + 1));
  this->body_limit(boost::none);
  error_code ec;
  const std::size_t consumed = this->put(boost::asio::const_buffer(raw.data(), raw.size()), ec);
  if (refusal_) return refusal_;
  if (ec) return {core::ErrorCode::malformed_http, explain(ec)};
  if (!this->is_header_done() || consumed != raw.size()) {
    return {core::ErrorCode::malformed_http, "The message head is malformed."};
  }
  if constexpr (isRequest) return guard_.end_of_head();
  return {};
}

template <bool isRequest>
Fed MessageParser<isRequest>::feed(std::span<char> bytes) {
  out_ = bytes.data();
  produced_ = 0;
  this->eager(true);
  error_code ec;
  Fed fed;
  fed.consumed = this->put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  fed.produced = produced_;
  fed.done = this->is_done();
  if (refusal_) {
    fed.error = refusal_.message;
  } else if (ec && ec != Error::need_more) {
    fed.error = explain(ec);
  }
  return fed;
}

template <bool isRequest>
bool MessageParser<isRequest>::end_of_stream() {
  error_code ec;
  this->put_eof(ec);
  return !ec;
}

template <bool isRequest>
std::optional<std::uint64_t> MessageParser<isRequest>::declared_left() const noexcept {
  const auto left = this->content_length_remaining();
  return left ? std::optional<std::uint64_t>(*left) : std::nullopt;
}

template <bool isRequest>
void MessageParser<isRequest>::refuse(Refusal refusal, error_code& ec) {
  if (!refusal) return;
  refusal_ = refusal;
  ec = Error::bad_field;  // any error stops the parser; the refusal is what is
                          // reported
}

template <bool isRequest>
void MessageParser<isRequest>::on_request_impl(beast_http::verb, string_view method, string_view target,
                                               int version, error_code& ec) {
  if constexpr (isRequest) {
    version_ = version;
    head_->version = version;
    head_->method.assign(method.data(), method.size());
    head_->target.assign(target.data(), target.size());
    refuse(guard_.request_line(head_->method, head_->target, version), ec);
  }
}

template <bool isRequest>
void MessageParser<isRequest>::on_response_impl(int status, string_view, int version, error_code& ec) {
  if constexpr (!isRequest) {
    version_ = version;
    head_->status = status;
    if (status < 100) refuse({core::ErrorCode::upstream_protocol, "The status code is not valid."}, ec);
  }
}

template <bool isRequest>
void MessageParser<isRequest>::on_field_impl(beast_http::field id, string_view name, string_view value,
                                             error_code& ec) {
  if (!in_head_) return;  // a trailer: it came after everything was decided
  if constexpr (isRequest) {
    refuse(guard_.field(id, std_view(name), std_view(value)), ec);
    if (ec) return;
  } else if (id == beast_http::field::transfer_encoding &&
             (version_ < 11 || !same_text(std_view(value), "chunked"))) {
    refuse({core::ErrorCode::upstream_protocol, "The answer's Transfer-Encoding is not 'chunked'."}, ec);
    return;
  }
  head_->fields.add(std_view(name), std_view(value));
}

template <bool isRequest>
void MessageParser<isRequest>::on_chunk_header_impl(std::uint64_t, string_view extension, error_code& ec) {
  if (!extension.empty()) refuse(RequestGuard::chunk_extension(std_view(extension)), ec);
}

template <bool isRequest>
std::size_t MessageParser<isRequest>::take(string_view body) noexcept {
  // Payload moves down over the framing already read, so several chunks of one
  // read leave as one view.
  char* const to = out_ + produced_;
  if (to != body.data()) std::memmove(to, body.data(), body.size());
  produced_ += body.size();
  return body.size();
}

template class MessageParser<true>;
template class MessageParser<false>;

}  // namespace relayna::http
