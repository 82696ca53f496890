#include "upstream/forwarded_fields.hpp"

#include <array>
#include <string>

#include "relayna/core/encoding.hpp"

namespace relayna::upstream {

namespace {

/// The caller's credentials in every spelling its SDKs use, what the HTTP client writes itself, and trace
/// context that we replace.
constexpr std::array<std::string_view, 15> kRemoved{
    "authorization",    "proxy-authorization",
    "x-api-key",        "x-goog-api-key",
    "api-key",          "x-litellm-api-key",
    "x-litellm-key",    "host",
    "content-length",   "expect",
    "accept-encoding",  "traceparent",
    "content-encoding", "x-aih-api-key",
    "forwarded",
};

bool has_prefix(std::string_view name, std::string_view prefix) noexcept {
  return name.size() >= prefix.size() && core::iequals(name.substr(0, prefix.size()), prefix);
}

bool removed(std::string_view name) noexcept {
  for (const auto& r : kRemoved) {
    if (core::iequals(name, r)) return true;
  }
  return has_prefix(name, "x-relayna-") || has_prefix(name, "x-echo-") ||
         has_prefix(name, "x-apigee-entra-") || http::is_hop_by_hop(name);
}

}  // namespace

http::Fields forwarded_fields(const Outbound& outbound, const domain::Provider& provider,
                              const ChosenCredential& credential) {
  const http::Fields& client = *outbound.client_fields;
  const CredentialField credential_name = credential_field(provider);
  const bool names_hops = client.count("connection") > 0;
  http::Fields fields;
  fields.reserve(client.size() + 8, 1024);
  for (const auto field : client) {
    if (removed(field.name) || core::iequals(field.name, credential_name.name)) continue;
    if (names_hops && client.has_token("connection", field.name)) continue;
    fields.add(field.name, field.value);
  }
  if (outbound.raw) {
    if (const auto accepted = client.find("accept-encoding")) fields.add("Accept-Encoding", *accepted);
  } else {
    fields.add("Accept-Encoding", "identity");
  }
  // A body that was decoded to be read is sent decoded; one that was not keeps its coding.
  if (!outbound.body_was_decoded) {
    if (const auto coding = client.find("content-encoding")) fields.add("Content-Encoding", *coding);
  }
  if (provider.kind == domain::ProviderKind::anthropic && client.count("anthropic-version") == 0) {
    fields.add("anthropic-version", "2023-06-01");  // required by the API; the oldest version still served
  }
  if (!credential.secret.empty()) {
    std::string value(credential_name.value_prefix);
    value += credential.secret;
    fields.add(credential_name.name, value);
  }
  fields.add("x-relayna-request-id", outbound.request_id);
  if (!outbound.traceparent.empty()) fields.add("traceparent", outbound.traceparent);
  if (!outbound.task_id.empty()) fields.add("x-relayna-task-id", outbound.task_id);
  if (!outbound.run_id.empty()) fields.add("x-relayna-run-id", outbound.run_id);
  return fields;
}

}  // namespace relayna::upstream
