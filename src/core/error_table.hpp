#pragma once

#include <array>
#include <cstddef>

#include "relayna/core/error.hpp"

namespace relayna::core::detail {

// The vocabulary of each protocol's error types, so that a misspelt one does not compile.
namespace openai {
inline constexpr std::string_view kInvalidRequest = "invalid_request_error";
inline constexpr std::string_view kAuthentication = "authentication_error";
inline constexpr std::string_view kPermission = "permission_error";
inline constexpr std::string_view kServer = "server_error";
inline constexpr std::string_view kRequests = "requests";  // which of its rate limits was met
inline constexpr std::string_view kTokens = "tokens";
inline constexpr std::string_view kQuota = "insufficient_quota";
}  // namespace openai

namespace anthropic {
inline constexpr std::string_view kInvalidRequest = "invalid_request_error";
inline constexpr std::string_view kAuthentication = "authentication_error";
inline constexpr std::string_view kPermission = "permission_error";
inline constexpr std::string_view kNotFound = "not_found_error";
inline constexpr std::string_view kTooLarge = "request_too_large";
inline constexpr std::string_view kBilling = "billing_error";
inline constexpr std::string_view kRateLimit = "rate_limit_error";
inline constexpr std::string_view kTimeout = "timeout_error";
inline constexpr std::string_view kApi = "api_error";
inline constexpr std::string_view kOverloaded = "overloaded_error";
}  // namespace anthropic

namespace rpc {  // google.rpc.Code
inline constexpr std::string_view kCancelled = "CANCELLED";
inline constexpr std::string_view kInvalidArgument = "INVALID_ARGUMENT";
inline constexpr std::string_view kDeadlineExceeded = "DEADLINE_EXCEEDED";
inline constexpr std::string_view kNotFound = "NOT_FOUND";
inline constexpr std::string_view kAlreadyExists = "ALREADY_EXISTS";
inline constexpr std::string_view kPermissionDenied = "PERMISSION_DENIED";
inline constexpr std::string_view kResourceExhausted = "RESOURCE_EXHAUSTED";
inline constexpr std::string_view kFailedPrecondition = "FAILED_PRECONDITION";
inline constexpr std::string_view kUnimplemented = "UNIMPLEMENTED";
inline constexpr std::string_view kInternal = "INTERNAL";
inline constexpr std::string_view kUnavailable = "UNAVAILABLE";
inline constexpr std::string_view kUnauthenticated = "UNAUTHENTICATED";
}  // namespace rpc

inline constexpr std::size_t kErrorCodes = static_cast<std::size_t>(ErrorCode::count_);

// clang-format off: one block per code, the same six lines each.
inline constexpr std::array<ErrorInfo, kErrorCodes> kErrorTable{{
    {ErrorCode::invalid_request, "invalid_request", 400,
     openai::kInvalidRequest, anthropic::kInvalidRequest, rpc::kInvalidArgument, Severity::info, false,
     "The request is not valid for this endpoint.",
     "A field is missing, has the wrong type or an impossible value; `param` names it where one field is at "
     "fault. Correct the request."},
    {ErrorCode::invalid_json, "invalid_json", 400,
     openai::kInvalidRequest, anthropic::kInvalidRequest, rpc::kInvalidArgument, Severity::info, false,
     "The request body is not valid JSON.",
     "The body does not parse as JSON, is not UTF-8, or is nested too deeply. The message gives the byte "
     "offset where reading stopped."},
    {ErrorCode::invalid_path, "invalid_path", 400,
     openai::kInvalidRequest, anthropic::kInvalidRequest, rpc::kInvalidArgument, Severity::info, false,
     "The request path is not acceptable.",
     "The path holds an encoded slash, a dot segment or a broken percent escape, so it could mean two things. "
     "Send it in its plain form."},
    {ErrorCode::malformed_http, "malformed_http", 400,
     openai::kInvalidRequest, anthropic::kInvalidRequest, rpc::kInvalidArgument, Severity::info, false,
     "The request is not well-formed HTTP/1.1.",
     "The head or the chunked framing breaks the protocol or could be read in two ways: a missing or doubled "
     "Host, conflicting lengths, an unknown transfer coding. The connection is closed."},
    {ErrorCode::unsupported_content_encoding, "unsupported_content_encoding", 415,
     openai::kInvalidRequest, anthropic::kInvalidRequest, rpc::kInvalidArgument, Severity::info, false,
     "The content encoding of the request body is not supported.",
     "The body may be sent plain or as gzip, deflate, br or zstd, and must decode without error. Another or a "
     "damaged encoding gets this."},
    {ErrorCode::unsupported_media_type, "unsupported_media_type", 415,
     openai::kInvalidRequest, anthropic::kInvalidRequest, rpc::kInvalidArgument, Severity::info, false,
     "The media type of the request body is not supported.",
     "The control listener reads `application/json`, and `application/merge-patch+json` for PATCH. Set "
     "`Content-Type` accordingly."},
    {ErrorCode::request_timeout, "request_timeout", 408,
     openai::kInvalidRequest, anthropic::kTimeout, rpc::kDeadlineExceeded, Severity::info, true,
     "The request did not arrive in time.",
     "The client was too slow in sending its head or body. Check its network, then send the request again."},
    {ErrorCode::request_head_too_large, "request_head_too_large", 431,
     openai::kInvalidRequest, anthropic::kTooLarge, rpc::kInvalidArgument, Severity::info, false,
     "The request line and headers are too large.",
     "The head has more bytes or more fields than the gateway reads. Send fewer or shorter headers."},
    {ErrorCode::request_body_too_large, "request_body_too_large", 413,
     openai::kInvalidRequest, anthropic::kTooLarge, rpc::kInvalidArgument, Severity::info, false,
     "The request body is larger than allowed.",
     "The body, as declared, as received or after decoding, is over `GATEWAY_MAX_REQUEST_BODY_BYTES`, the "
     "route's limit or the key's policy. Send less or have the limit raised."},
    {ErrorCode::response_body_too_large, "response_body_too_large", 413,
     openai::kInvalidRequest, anthropic::kTooLarge, rpc::kInvalidArgument, Severity::warn, false,
     "The response is larger than allowed.",
     "The upstream's answer is over the route's or the key's response limit. Ask for less output or have the "
     "limit raised."},
    {ErrorCode::method_not_allowed, "method_not_allowed", 405,
     openai::kInvalidRequest, anthropic::kInvalidRequest, rpc::kInvalidArgument, Severity::info, false,
     "This method is not allowed here.",
     "The path exists, but not for this HTTP method; the `Allow` header lists those it has."},
    {ErrorCode::missing_authorization, "missing_authorization", 401,
     openai::kAuthentication, anthropic::kAuthentication, rpc::kUnauthenticated, Severity::info, false,
     "No API key was sent.",
     "Send a virtual key as `Authorization: Bearer`, `x-api-key`, `x-goog-api-key` or `api-key`; to the control "
     "listener an operator token as `Authorization: Bearer`, or sign in."},
    {ErrorCode::malformed_authorization, "malformed_authorization", 401,
     openai::kAuthentication, anthropic::kAuthentication, rpc::kUnauthenticated, Severity::info, false,
     "The credentials could not be read.",
     "The `Authorization` header is not of the form `Bearer <key>`, or the key holds characters no key has."},
    {ErrorCode::conflicting_credentials, "conflicting_credentials", 401,
     openai::kAuthentication, anthropic::kAuthentication, rpc::kUnauthenticated, Severity::info, false,
     "The request carries more than one API key.",
     "Two credential headers name different keys, or one header is repeated. Send one key only."},
    {ErrorCode::invalid_virtual_key, "invalid_virtual_key", 401,
     openai::kAuthentication, anthropic::kAuthentication, rpc::kUnauthenticated, Severity::info, false,
     "The API key is not known.",
     "No virtual key has this secret. Check for a truncated copy, a rotated key, or a key of another gateway."},
    {ErrorCode::disabled_virtual_key, "disabled_virtual_key", 401,
     openai::kAuthentication, anthropic::kAuthentication, rpc::kUnauthenticated, Severity::info, false,
     "The API key is disabled.",
     "An operator, the declarative file or idle auto-disable switched the key off. An operator can enable it."},
    {ErrorCode::revoked_virtual_key, "revoked_virtual_key", 401,
     openai::kAuthentication, anthropic::kAuthentication, rpc::kUnauthenticated, Severity::info, false,
     "The API key has been revoked.",
     "Revocation is final. Ask an operator for a new key."},
    {ErrorCode::expired_virtual_key, "expired_virtual_key", 401,
     openai::kAuthentication, anthropic::kAuthentication, rpc::kUnauthenticated, Severity::info, false,
     "The API key has expired.",
     "The key's `expires_at` has passed, or a rotated secret's overlap is over. Ask an operator for a new key "
     "or a later expiry."},
    {ErrorCode::invalid_operator_token, "invalid_operator_token", 401,
     openai::kAuthentication, anthropic::kAuthentication, rpc::kUnauthenticated, Severity::info, false,
     "The operator token is not known.",
     "No operator has this token: a truncated copy, one that was rotated away, or one of another gateway. "
     "`relayna-gateway bootstrap-admin` tells how to get the first one."},
    {ErrorCode::disabled_operator_token, "disabled_operator_token", 401,
     openai::kAuthentication, anthropic::kAuthentication, rpc::kUnauthenticated, Severity::info, false,
     "The operator is disabled or revoked.",
     "The token is right, but another operator switched it off. Ask them to enable it or to make a new one."},
    {ErrorCode::expired_operator_token, "expired_operator_token", 401,
     openai::kAuthentication, anthropic::kAuthentication, rpc::kUnauthenticated, Severity::info, false,
     "The operator token has expired.",
     "The operator's `expires_at` has passed. Ask another operator for a later expiry or a new token."},
    {ErrorCode::invalid_credentials, "invalid_credentials", 401,
     openai::kAuthentication, anthropic::kAuthentication, rpc::kUnauthenticated, Severity::info, false,
     "The email and password do not match.",
     "Nobody with this email signs in with this password; which of the two is wrong is not said. An operator "
     "with `operators:write` can set a new password."},
    {ErrorCode::expired_session, "expired_session", 401,
     openai::kAuthentication, anthropic::kAuthentication, rpc::kUnauthenticated, Severity::info, false,
     "The session has ended. Sign in again.",
     "It was idle for too long, reached its greatest age, was signed out, or its operator was switched off."},
    {ErrorCode::insufficient_operator_scope, "insufficient_operator_scope", 403,
     openai::kPermission, anthropic::kPermission, rpc::kPermissionDenied, Severity::info, false,
     "The operator lacks the scope for this.",
     "The message names the scope that is needed. An operator who holds it can grant it."},
    {ErrorCode::invalid_csrf_token, "invalid_csrf_token", 403,
     openai::kPermission, anthropic::kPermission, rpc::kPermissionDenied, Severity::info, false,
     "The request does not prove that the portal sent it.",
     "A write under a session cookie needs the header `x-relayna-csrf` with the value that the sign-in and "
     "`GET /admin/session` return. Requests with `Authorization: Bearer` need none."},
    {ErrorCode::password_change_required, "password_change_required", 403,
     openai::kPermission, anthropic::kPermission, rpc::kPermissionDenied, Severity::info, false,
     "The password must be changed first.",
     "It was set by somebody else or has expired. `POST /admin/session/password` changes it; nothing else works "
     "in this session until then."},
    {ErrorCode::policy_denied, "policy_denied", 403,
     openai::kPermission, anthropic::kPermission, rpc::kPermissionDenied, Severity::info, false,
     "The policy of this API key does not allow the request.",
     "A policy layer forbids the route, provider, model, streaming, tools or hours; the message names the rule "
     "and, for models, what is reachable."},
    {ErrorCode::disabled_route, "disabled_route", 403,
     openai::kPermission, anthropic::kPermission, rpc::kPermissionDenied, Severity::info, false,
     "This route is switched off.",
     "An operator disabled the route in its settings."},
    {ErrorCode::unsupported_route, "unsupported_route", 404,
     openai::kInvalidRequest, anthropic::kNotFound, rpc::kNotFound, Severity::info, false,
     "There is no such route.",
     "The path matches no route, service or permitted passthrough. Check the base URL of the client: a doubled "
     "or missing `/v1` is the usual cause."},
    {ErrorCode::model_not_found, "model_not_found", 404,
     openai::kInvalidRequest, anthropic::kNotFound, rpc::kNotFound, Severity::info, false,
     "The model does not exist or cannot be reached with this API key.",
     "No alias, provider prefix, declared model or inference rule leads from the name to an upstream. The "
     "message lists models that can be reached."},
    {ErrorCode::missing_provider_config, "missing_provider_config", 404,
     openai::kInvalidRequest, anthropic::kNotFound, rpc::kNotFound, Severity::warn, false,
     "The provider is not configured.",
     "The request names a provider that has no enabled configuration. An operator can add or enable it."},
    {ErrorCode::unpriced_model, "unpriced_model", 403,
     openai::kPermission, anthropic::kPermission, rpc::kFailedPrecondition, Severity::info, false,
     "The model has no price, and this API key has a budget.",
     "What cannot be priced cannot be held to a hard budget. An operator can give the model a price, or let the "
     "policy allow unpriced models."},
    {ErrorCode::budget_exceeded, "budget_exceeded", 402,
     openai::kQuota, anthropic::kBilling, rpc::kResourceExhausted, Severity::info, false,
     "The budget is used up.",
     "The request's estimated cost does not fit into what is left of a budget; `scope` and `window` name it. It "
     "fits again when the window ends (`Retry-After`), or when an operator raises the budget."},
    {ErrorCode::rate_limit_exceeded, "rate_limit_exceeded", 429,
     openai::kRequests, anthropic::kRateLimit, rpc::kResourceExhausted, Severity::info, true,
     "Too many requests.",
     "A limit on requests per minute or day is reached; `scope` and `window` name it. `Retry-After` is the time "
     "until the next one is admitted."},
    {ErrorCode::token_rate_limit_exceeded, "token_rate_limit_exceeded", 429,
     openai::kTokens, anthropic::kRateLimit, rpc::kResourceExhausted, Severity::info, true,
     "Too many tokens.",
     "The request's estimated tokens (prompt and maximum output) do not fit into what is left of a limit on tokens "
     "per minute or day; `scope` and `window` name it. A smaller maximum output needs less."},
    {ErrorCode::concurrency_limit_exceeded, "concurrency_limit_exceeded", 429,
     openai::kRequests, anthropic::kRateLimit, rpc::kResourceExhausted, Severity::info, true,
     "Too many requests at once.",
     "A limit on concurrent requests is reached; `scope` names whose. Wait for one to end."},
    {ErrorCode::too_many_attempts, "too_many_attempts", 429,
     openai::kRequests, anthropic::kRateLimit, rpc::kResourceExhausted, Severity::info, true,
     "Too many failed attempts. Wait before trying again.",
     "After five failures from one address or for one name the wait doubles with each further one; "
     "`Retry-After` is how long it is now. A success ends it."},
    {ErrorCode::managed_by_file, "managed_by_file", 409,
     openai::kInvalidRequest, anthropic::kInvalidRequest, rpc::kFailedPrecondition, Severity::info, false,
     "The object is managed by the declarative file.",
     "It is declared in the file the gateway was started with, which would undo the change. Change the file, or "
     "take the object out of it first."},
    {ErrorCode::studio_not_configured, "studio_not_configured", 409,
     openai::kInvalidRequest, anthropic::kInvalidRequest, rpc::kFailedPrecondition, Severity::info, false,
     "There is no connection to Relayna Studio.",
     "Neither the portal nor `RELAYNA_STUDIO_BASE_URL` says where it is. Save a base URL first."},
    {ErrorCode::idempotency_conflict, "idempotency_conflict", 409,
     openai::kInvalidRequest, anthropic::kInvalidRequest, rpc::kAlreadyExists, Severity::info, false,
     "This Idempotency-Key was used for another request.",
     "A key stands for one request: method, path and body. Use a new one for a new request."},
    {ErrorCode::precondition_failed, "precondition_failed", 412,
     openai::kInvalidRequest, anthropic::kInvalidRequest, rpc::kFailedPrecondition, Severity::info, false,
     "The object changed since it was read.",
     "`If-Match` names a version that is no longer the present one. Read the object again and repeat the change "
     "on what it is now."},
    {ErrorCode::internal_error, "internal_error", 500,
     openai::kServer, anthropic::kApi, rpc::kInternal, Severity::error, true,
     "The gateway failed to handle the request.",
     "A defect in the gateway; the log has the details under the request id. Please report it."},
    {ErrorCode::invalid_configuration, "invalid_configuration", 500,
     openai::kServer, anthropic::kApi, rpc::kFailedPrecondition, Severity::error, false,
     "The gateway is not configured correctly for this request.",
     "A setting or a stored object contradicts itself, or a stored credential does not open under the master "
     "key. The log names it; `relayna-gateway doctor` and `validate` find most cases."},
    {ErrorCode::upgrade_unsupported, "upgrade_unsupported", 501,
     openai::kInvalidRequest, anthropic::kInvalidRequest, rpc::kUnimplemented, Severity::info, false,
     "Protocol upgrades are not supported.",
     "The request asks to switch protocols (WebSocket, h2c). Use plain HTTP/1.1."},
    {ErrorCode::upstream_connection, "upstream_connection", 502,
     openai::kServer, anthropic::kApi, rpc::kUnavailable, Severity::warn, true,
     "The upstream could not be reached.",
     "The connection was refused or reset, or DNS or TLS failed, on every candidate. The log names the host "
     "and the cause."},
    {ErrorCode::upstream_protocol, "upstream_protocol", 502,
     openai::kServer, anthropic::kApi, rpc::kInternal, Severity::warn, true,
     "The upstream sent an answer that could not be understood.",
     "The answer is not valid HTTP, not JSON where JSON is due, wrongly encoded, or was cut off."},
    {ErrorCode::upstream_auth_failed, "upstream_auth_failed", 502,
     openai::kServer, anthropic::kApi, rpc::kFailedPrecondition, Severity::error, false,
     "The upstream refused the gateway's credentials.",
     "The provider answered 401 or 403 to the credential the gateway holds. The caller's key is fine; an "
     "operator has to correct the provider's."},
    {ErrorCode::studio_unavailable, "studio_unavailable", 502,
     openai::kServer, anthropic::kApi, rpc::kUnavailable, Severity::warn, true,
     "Relayna Studio did not give its list of services.",
     "It could not be reached within 8 seconds, refused the token, answered something else than its list, or no "
     "entry of the list can be used. The message says which; `POST /admin/studio/connection/test` tries again."},
    {ErrorCode::gateway_overloaded, "gateway_overloaded", 503,
     openai::kServer, anthropic::kOverloaded, rpc::kUnavailable, Severity::warn, true,
     "The gateway is handling too many requests at the moment.",
     "Body admission is full (`GATEWAY_MAX_BUFFERED_REQUESTS`, `GATEWAY_MAX_INFLIGHT_BUFFER_BYTES`). Wait as "
     "`Retry-After` says; add replicas if it persists."},
    {ErrorCode::store_unavailable, "store_unavailable", 503,
     openai::kServer, anthropic::kApi, rpc::kUnavailable, Severity::error, true,
     "The gateway cannot reach its database.",
     "PostgreSQL or the SQLite file failed, and the answer was not in a cache. Keys seen recently keep "
     "working meanwhile."},
    {ErrorCode::control_state_unavailable, "control_state_unavailable", 503,
     openai::kServer, anthropic::kApi, rpc::kUnavailable, Severity::error, true,
     "The gateway cannot check the limits of this request.",
     "Redis failed, and the key has limits that must not be passed. `GATEWAY_LIMITER_FAILURE=local` trades "
     "exactness for availability."},
    {ErrorCode::circuit_open, "circuit_open", 503,
     openai::kServer, anthropic::kOverloaded, rpc::kUnavailable, Severity::warn, true,
     "Every upstream for this request is failing at the moment.",
     "All candidates' circuit breakers are open after repeated faults. They are tried again after their "
     "cool-down."},
    {ErrorCode::no_upstream, "no_upstream", 503,
     openai::kServer, anthropic::kApi, rpc::kUnavailable, Severity::warn, true,
     "No upstream is available for this request.",
     "Nothing is configured that can serve the operation, or all of it is disabled. Set `LITELLM_BASE_URL` or "
     "configure a provider."},
    {ErrorCode::shutting_down, "shutting_down", 503,
     openai::kServer, anthropic::kOverloaded, rpc::kUnavailable, Severity::info, true,
     "The gateway is shutting down.",
     "The replica is draining, or its grace time ended while this answer was streaming. Send the request "
     "again; another replica will take it."},
    {ErrorCode::upstream_timeout, "upstream_timeout", 504,
     openai::kServer, anthropic::kTimeout, rpc::kDeadlineExceeded, Severity::warn, true,
     "The upstream did not answer in time.",
     "The connect, first-byte, idle or total timeout of the route passed. The log says which."},
    {ErrorCode::client_closed, "client_closed", 499,
     openai::kInvalidRequest, anthropic::kInvalidRequest, rpc::kCancelled, Severity::info, false,
     "The client closed the connection.",
     "Never sent: it stands in logs and metrics for a caller that left before its answer was complete."},
    {ErrorCode::not_found, "not_found", 404,
     openai::kInvalidRequest, anthropic::kNotFound, rpc::kNotFound, Severity::info, false,
     "There is no such object.",
     "The id is unknown, or the object was deleted."},
    {ErrorCode::debug_bundle_not_found, "debug_bundle_not_found", 404,
     openai::kInvalidRequest, anthropic::kNotFound, rpc::kNotFound, Severity::info, false,
     "Nothing is known of this request.",
     "The id is unknown, or usage events are no longer kept so far back and the replica that served the request "
     "has forgotten it. Ask for the id in `x-relayna-request-id`, not for the caller's own."},
    {ErrorCode::conflict, "conflict", 409,
     openai::kInvalidRequest, anthropic::kInvalidRequest, rpc::kAlreadyExists, Severity::info, false,
     "The change conflicts with what is stored.",
     "Another object has this name, or the object changed meanwhile. Read it again, then repeat the change."},
    {ErrorCode::database_reset_required, "database_reset_required", 500,
     openai::kServer, anthropic::kApi, rpc::kFailedPrecondition, Severity::error, false,
     "The database has a history this gateway does not know.",
     "The recorded migrations are not this product's, or were changed. Nothing was touched. Point the gateway "
     "at an empty database, or restore a backup."},
    {ErrorCode::migrations_pending, "migrations_pending", 500,
     openai::kServer, anthropic::kApi, rpc::kFailedPrecondition, Severity::error, false,
     "The database schema is older than this gateway.",
     "Migrations are pending and were not to be applied at start. Run `relayna-gateway migrate --apply`."},
}};
// clang-format on

}  // namespace relayna::core::detail
