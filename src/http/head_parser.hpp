#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include <boost/beast/http/basic_parser.hpp>

#include "relayna/http/message.hpp"

#include "http/request_guard.hpp"

namespace relayna::http {

/// What a feed of body bytes did. The payload is at the front of the bytes
/// given.
struct Fed {
  std::size_t consumed = 0;
  std::size_t produced = 0;
  bool done = false;            ///< the message is complete; bytes behind `consumed`
                                ///< belong to the next one
  const char* error = nullptr;  ///< static and public: why the framing is broken
};

/// Beast's parser as a codec for one message: no stream, no message object, no
/// allocation of its own. The fields go straight into our Fields; trailers are
/// dropped; requests pass the RequestGuard. The head must be given whole (see
/// HeadScanner), the body as it comes.
template <bool isRequest>
class MessageParser final : private boost::beast::http::basic_parser<isRequest> {
  using Base = boost::beast::http::basic_parser<isRequest>;

 public:
  using Head = std::conditional_t<isRequest, RequestHead, ResponseHead>;

  /// `head` outlives parse_head.
  MessageParser(Head& head, std::size_t max_fields) : head_(&head), guard_(max_fields) {}

  /// `raw` is exactly the head, blank line included; `field_lines` sizes the
  /// arena.
  Refusal parse_head(std::string_view raw, std::size_t field_lines);
  /// For the answer to a HEAD request, before parse_head: there is no body
  /// whatever the fields say.
  void expect_no_body() { this->skip(true); }

  /// Takes framing off `bytes` in place. What is not consumed (part of a
  /// chunk's head) must be given again, in front of what follows. `bytes` is
  /// not empty and the message is not done.
  Fed feed(std::span<char> bytes);
  /// The stream ended. False when that cuts the message off.
  bool end_of_stream();

  [[nodiscard]] bool done() const noexcept { return this->is_done(); }
  [[nodiscard]] bool keeps_alive() const noexcept { return this->keep_alive(); }
  [[nodiscard]] bool is_chunked() const noexcept { return this->chunked(); }
  [[nodiscard]] bool until_close() const noexcept { return this->need_eof(); }
  /// Body bytes to come, when Content-Length says.
  [[nodiscard]] std::optional<std::uint64_t> declared_left() const noexcept;
  [[nodiscard]] bool expects_continue() const noexcept { return guard_.expects_continue(); }
  [[nodiscard]] int version() const noexcept { return version_; }

 private:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, string_view method, string_view target, int version,
                       error_code& ec) override;
  void on_response_impl(int status, string_view reason, int version, error_code& ec) override;
  void on_field_impl(boost::beast::http::field id, string_view name, string_view value,
                     error_code& ec) override;
  void on_header_impl(error_code&) override { in_head_ = false; }
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override { return take(body); }
  void on_chunk_header_impl(std::uint64_t, string_view extension, error_code& ec) override;
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override { return take(body); }
  void on_finish_impl(error_code&) override {}

  std::size_t take(string_view body) noexcept;
  void refuse(Refusal refusal, error_code& ec);

  Head* head_;
  RequestGuard guard_;
  Refusal refusal_;
  char* out_ = nullptr;
  std::size_t produced_ = 0;
  int version_ = 11;
  bool in_head_ = true;
};

using RequestParser = MessageParser<true>;
using ResponseParser = MessageParser<false>;

}  // namespace relayna::http
