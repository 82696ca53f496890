#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>

namespace relayna::core {

/// How loudly an error is logged. The values are spdlog's order.
enum class Severity : std::uint8_t { debug, info, warn, error };

/// Every answer the gateway itself makes carries one of these. `error_info` gives each its wire spelling;
/// docs/errors.md is generated from that table, and a static_assert keeps it complete.
enum class ErrorCode : std::uint8_t {
  // 400: the request cannot be understood
  invalid_request,
  invalid_json,
  invalid_path,
  malformed_http,
  unsupported_content_encoding,  // 415
  unsupported_media_type,        // 415
  request_timeout,               // 408: the client was too slow in sending its request
  request_head_too_large,        // 431
  request_body_too_large,        // 413
  response_body_too_large,       // 413
  method_not_allowed,            // 405
  // 401: who is calling
  missing_authorization,
  malformed_authorization,
  conflicting_credentials,
  invalid_virtual_key,
  disabled_virtual_key,
  revoked_virtual_key,
  expired_virtual_key,
  invalid_operator_token,
  disabled_operator_token,
  expired_operator_token,
  invalid_credentials,
  expired_session,
  // 403: what an operator may do
  insufficient_operator_scope,
  invalid_csrf_token,
  password_change_required,
  // 403 and 404: what the caller may reach
  policy_denied,
  disabled_route,
  unsupported_route,
  model_not_found,
  missing_provider_config,
  unpriced_model,
  // 402 and 429: what the caller has left
  budget_exceeded,
  rate_limit_exceeded,
  token_rate_limit_exceeded,
  concurrency_limit_exceeded,
  too_many_attempts,  // at signing in
  // 409 and 412: what the change meets
  managed_by_file,
  studio_not_configured,
  idempotency_conflict,
  precondition_failed,  // 412
  // 5xx: the gateway or what it depends on
  internal_error,
  invalid_configuration,
  upgrade_unsupported,  // 501
  upstream_connection,  // 502
  upstream_protocol,
  upstream_auth_failed,
  studio_unavailable,
  gateway_overloaded,  // 503
  store_unavailable,
  control_state_unavailable,
  circuit_open,
  no_upstream,
  shutting_down,
  upstream_timeout,  // 504
  // never sent: the caller is gone
  client_closed,
  // internal answers of stores; they reach no client of the proxy
  not_found,
  debug_bundle_not_found,
  conflict,
  database_reset_required,
  migrations_pending,
  count_,
};

/// One row of the error table: what a code means to each reader.
struct ErrorInfo {
  ErrorCode code;
  std::string_view name;            ///< `error.code` and the `x-relayna-error` header
  int http_status;                  ///< one code, one status
  std::string_view openai_type;     ///< `error.type` in OpenAI's shape
  std::string_view anthropic_type;  ///< `error.type` in Anthropic's shape
  std::string_view gemini_status;   ///< `error.status` in Gemini's shape (google.rpc.Code)
  Severity severity;
  bool retryable;            ///< whether the same request may succeed later without change
  std::string_view message;  ///< public default message
  std::string_view meaning;  ///< docs/errors.md: when it happens and what to do
};

/// The row of `code`. Never fails: the table is complete by static_assert.
const ErrorInfo& error_info(ErrorCode code) noexcept;

/// Every row in the order of the enum, for the generated documentation.
std::span<const ErrorInfo> error_table() noexcept;

/// A failure as a value. `message` may be shown to the caller; `detail` is for the log only and may name
/// hosts or SQL states, never secrets.
struct Error {
  ErrorCode code = ErrorCode::internal_error;
  std::string message;  ///< public; empty means the table's default
  std::string detail;   ///< private
  std::string param;    ///< the field of the request that was wrong, empty when none
  std::string reason;   ///< the rule that refused (`allowed_models`), or the limit (`requests_per_minute`);
                        ///< empty when none
  std::string scope;    ///< whose limit it is (`key`, `project`, …), empty when it is none
  std::optional<std::chrono::seconds> retry_after;
  std::source_location where;

  explicit Error(ErrorCode c, std::string public_message = {}, std::string private_detail = {},
                 std::source_location location = std::source_location::current());

  Error& with_param(std::string name) &;
  Error&& with_param(std::string name) &&;
  Error&& with_retry_after(std::chrono::seconds after) &&;
  Error&& with_reason(std::string rule) &&;
  Error&& with_limit(std::string limited_scope, std::string limit) &&;

  [[nodiscard]] const ErrorInfo& info() const noexcept { return error_info(code); }
  [[nodiscard]] std::string_view public_message() const noexcept;
  /// "code: message (detail) [file:line]", for a log line.
  [[nodiscard]] std::string describe() const;
};

}  // namespace relayna::core
