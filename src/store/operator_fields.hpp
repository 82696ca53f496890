#pragma once

#include "relayna/store/administration.hpp"

#include "store/row_type.hpp"

// The part of fields.hpp about operators: who they are, what they did, what they set up to be told.

namespace relayna::store {

template <class V>
void fields(Is<domain::Operator> auto& row, V& visit) {
  visit.id("id", row.id);
  visit.text("name", row.name);
  visit.text("prefix", row.prefix);
  visit.digest("hash", row.hash);
  visit.digest_or_null("previous_hash", row.previous_hash);
  visit.time_or_null("previous_valid_until", row.previous_valid_until);
  visit.json("scopes", row.scopes);
  visit.text_or_null("email", row.email);
  visit.text_or_null("password_hash", row.password_hash);
  visit.flag("password_expired", row.password_expired);
  visit.flag("bootstrap", row.bootstrap);
  visit.flag("disabled", row.disabled);
  visit.time_or_null("revoked_at", row.revoked_at);
  visit.time_or_null("expires_at", row.expires_at);
  visit.time_or_null("last_used_at", row.last_used_at);
  visit.time("created_at", row.created_at);
  visit.time("updated_at", row.updated_at);
}

template <class V>
void fields(Is<domain::Session> auto& session, V& visit) {
  visit.id("id", session.id);
  visit.id("operator_id", session.operator_id);
  visit.digest("hash", session.hash);
  visit.text("ip", session.ip);
  visit.text("user_agent", session.user_agent);
  visit.time("created_at", session.created_at);
  visit.time("last_seen_at", session.last_seen_at);
  visit.time("expires_at", session.expires_at);
}

template <class V>
void fields(Is<domain::AuditEvent> auto& event, V& visit) {
  visit.id("id", event.id);
  visit.time("created_at", event.created_at);
  visit.id_or_null("actor_id", event.actor_id);
  visit.text("actor_name", event.actor_name);
  visit.text("action", event.action);
  visit.text("target_type", event.target_type);
  visit.text("target_id", event.target_id);
  visit.text_or_null("before", event.before);
  visit.text_or_null("after", event.after);
  visit.text_or_null("request_id", event.request_id);
  visit.text("ip", event.ip);
  visit.text("user_agent", event.user_agent);
}

template <class V>
void fields(Is<IdempotentAnswer> auto& answer, V& visit) {
  visit.text("operator_id", answer.operator_id);
  visit.text("key", answer.key);
  visit.digest("request", answer.request);
  visit.number("status", answer.status);
  visit.text("location", answer.location);
  visit.text("body", answer.body);
  visit.time("created_at", answer.created_at);
}

template <class V>
void fields(Is<domain::Setting> auto& setting, V& visit) {
  visit.text("name", setting.name);
  visit.text("value", setting.value);
  visit.text("sealed_secret", setting.sealed_secret);
  visit.time("updated_at", setting.updated_at);
}

template <class V>
void fields(Is<domain::AlertWebhook> auto& webhook, V& visit) {
  visit.id("id", webhook.id);
  visit.text("name", webhook.name);
  visit.text("url", webhook.url);
  visit.json("events", webhook.events);
  visit.flag("enabled", webhook.enabled);
  visit.text("sealed_secret", webhook.sealed_secret);
  visit.time("created_at", webhook.created_at);
  visit.time("updated_at", webhook.updated_at);
}

template <class V>
void fields(Is<domain::AlertDelivery> auto& delivery, V& visit) {
  visit.id("id", delivery.id);
  visit.id("webhook_id", delivery.webhook_id);
  visit.text("event", delivery.event);
  visit.text("occasion", delivery.occasion);
  visit.text("payload", delivery.payload);
  visit.number("attempts", delivery.attempts);
  visit.time_or_null("next_attempt_at", delivery.next_attempt_at);
  visit.time_or_null("delivered_at", delivery.delivered_at);
  visit.text("last_error", delivery.last_error);
  visit.time("created_at", delivery.created_at);
}

}  // namespace relayna::store
