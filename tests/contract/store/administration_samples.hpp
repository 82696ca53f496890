#pragma once

#include "samples.hpp"

// What samples.hpp is for the rows of the data path, for what operators administer.

namespace relayna::test {

inline store::ProviderCredentialRow sample_credential(const std::string& provider_id,
                                                      const std::string& name) {
  store::ProviderCredentialRow row;
  row.credential.id = new_id();
  row.credential.provider_id = provider_id;
  row.credential.name = name;
  row.credential.enabled = false;
  row.credential.weight = 1000;
  row.credential.requests_per_minute = 60;
  row.credential.max_concurrent_requests = 9'223'372'036'854'775'807;
  row.credential.created_at = at(14, 1);
  row.credential.updated_at = at(15, 2);
  row.sealed_credential = "v1:Y3JlZGVudGlhbA";
  return row;
}

inline domain::Operator sample_operator(const std::string& name) {
  domain::Operator row;
  row.id = new_id();
  row.name = name;
  row.prefix = "op_live_01234567";
  row.hash = digest_of("now " + row.id);
  row.previous_hash = digest_of("before " + row.id);
  row.previous_valid_until = at(16, 1);
  row.scopes = {"keys:*", "odd \"scope\" ⚙"};
  row.email = name + "@example.test";
  row.password_hash = "scrypt$abc";
  row.password_expired = true;
  row.bootstrap = true;
  row.disabled = true;
  row.expires_at = at(17, 2);
  row.last_used_at = at(18, 3);
  row.created_at = at(19, 4);
  row.updated_at = at(20, 5);
  return row;
}

inline domain::Session sample_session(const std::string& operator_id) {
  domain::Session session;
  session.id = new_id();
  session.operator_id = operator_id;
  session.hash = digest_of("session " + session.id);
  session.ip = "192.0.2.1";
  session.user_agent = "Mozilla/5.0 (⚙)";
  session.created_at = at(21, 1);
  session.last_seen_at = at(22, 2);
  session.expires_at = at(23, 3);
  return session;
}

inline domain::AuditEvent sample_audit(const std::string& action) {
  return {.id = new_id(),
          .created_at = at(24, 1),
          .actor_id = new_id(),
          .actor_name = "ada",
          .action = action,
          .target_type = "keys",
          .target_id = "some id",
          .before = R"({"a":1,  "b":[]})",
          .after = R"({"a":2})",
          .request_id = "their id",
          .ip = "2001:db8::1",
          .user_agent = "curl/8"};
}

inline domain::AlertWebhook sample_webhook(const std::string& name) {
  return {.id = new_id(),
          .name = name,
          .url = "https://hooks.example.test/x",
          .events = {"budget.threshold"},
          .enabled = false,
          .sealed_secret = "v1:c2VjcmV0",
          .created_at = at(25, 1),
          .updated_at = at(26, 2)};
}

inline domain::AlertDelivery sample_delivery(const std::string& webhook_id, const std::string& occasion) {
  return {.id = new_id(),
          .webhook_id = webhook_id,
          .event = "budget.threshold",
          .occasion = occasion,
          .payload = R"({"percent": 80})",
          .attempts = 3,
          .next_attempt_at = at(27, 1),
          .delivered_at = at(28, 2),
          .last_error = "503",
          .created_at = at(29, 3)};
}

inline store::IdempotentAnswer sample_answer(const std::string& key) {
  return {.operator_id = "ada",
          .key = key,
          .request = digest_of("POST /x"),
          .status = 201,
          .location = "/admin/v1/teams/1",
          .body = R"({"id": 1})",
          .created_at = at(40, 4)};
}

}  // namespace relayna::test
