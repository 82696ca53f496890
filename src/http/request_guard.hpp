#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <boost/beast/http/field.hpp>

#include "relayna/core/error.hpp"

namespace relayna::http {

/// Why a request is refused before anything acts on it. `message` is public and
/// static.
struct Refusal {
  core::ErrorCode code = core::ErrorCode::malformed_http;
  const char* message = nullptr;
  [[nodiscard]] explicit operator bool() const noexcept { return message != nullptr; }
};

/// The rules that keep a request from meaning two things to two servers.
/// Beast's parser is not a firewall: it accepts transfer codings it does not
/// know, repeated framing fields and missing hosts. Every check returns the
/// refusal, empty when all is well; the parser calls it for the request line,
/// each field as it is read, and once at the end. No I/O, no allocation.
class RequestGuard {
 public:
  static constexpr std::size_t kMaxChunkExtension = 256;

  explicit RequestGuard(std::size_t max_fields) : max_fields_(max_fields) {}

  Refusal request_line(std::string_view method, std::string_view target, int version) noexcept;
  Refusal field(boost::beast::http::field id, std::string_view name, std::string_view value) noexcept;
  Refusal end_of_head() noexcept;
  static Refusal chunk_extension(std::string_view extension) noexcept;

  [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_; }

 private:
  Refusal host(std::string_view value) noexcept;
  Refusal content_length(std::string_view value) noexcept;
  Refusal transfer_encoding(std::string_view value) noexcept;
  Refusal expect(std::string_view value) noexcept;

  std::size_t max_fields_;
  std::size_t fields_ = 0;
  int version_ = 11;
  bool has_host_ = false;
  bool has_length_ = false;
  bool has_coding_ = false;
  bool has_expect_ = false;
  bool expects_continue_ = false;
  bool wants_upgrade_ = false;
};

/// Whether a Host value is `name[:port]` or an address literal: nothing that
/// two parsers could split differently.
bool valid_host(std::string_view value) noexcept;

}  // namespace relayna::http
