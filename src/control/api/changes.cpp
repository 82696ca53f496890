#include "control/api/changes.hpp"

#include "relayna/core/crypto.hpp"
#include "relayna/core/encoding.hpp"

namespace relayna::control {

namespace {

core::Digest digest_of(const Call& call) {
  std::string request = call.operation->id;
  for (const auto& [name, value] : call.path) {
    // Handlers may have found more out than the request's own path said.
    if (call.operation->path.contains('{' + name + '}')) request.append("\n").append(value);
  }
  request.append("\n").append(call.raw_body);
  return core::sha256(request);
}

domain::AuditEvent audit_row(const Call& call, const Note& note) {
  domain::AuditEvent event;
  event.id = Call::new_id();
  event.created_at = call.now;
  event.actor_id = call.caller.operator_id;
  event.actor_name = call.caller.name;
  event.action = note.action;
  event.target_type = note.target_type;
  event.target_id = note.target_id;
  if (!note.before.is_null()) event.before = json::dump(note.before);
  if (!note.after.is_null()) event.after = json::dump(note.after);
  event.request_id = call.request_id;
  event.ip = call.ip;
  event.user_agent = call.user_agent;
  return event;
}

core::Result<void> record(store::Unit& unit, const Call& call, const Note& note) {
  if (!note.action.empty()) {
    if (auto recorded = unit.record(audit_row(call, note)); !recorded) return recorded;
  }
  for (const auto& further : note.also) {
    if (auto recorded = record(unit, call, further); !recorded) return recorded;
  }
  return {};
}

core::Result<Answer> replayed(const Call& call, const store::IdempotentAnswer& kept) {
  if (kept.request != digest_of(call)) {
    return core::fail(core::ErrorCode::idempotency_conflict,
                      "This Idempotency-Key was used for another request; choose a new one.");
  }
  Answer answer;
  answer.status = kept.status;
  if (!kept.body.empty()) {
    auto body = json::parse(kept.body);
    if (!body) return std::unexpected(std::move(body.error()));
    answer.body = std::move(*body);
  }
  if (!kept.location.empty()) answer.headers.emplace_back("Location", kept.location);
  answer.headers.emplace_back("Idempotent-Replayed", "true");
  return answer;
}

store::IdempotentAnswer to_keep(const Call& call, const Answer& answer) {
  store::IdempotentAnswer kept{
      call.caller.operator_id, call.idempotency_key, digest_of(call), answer.status, {}, {}, call.now};
  if (!answer.body.is_null()) kept.body = json::dump(answer.body);
  for (const auto& [name, value] : answer.headers) {
    if (name == "Location") kept.location = value;
  }
  return kept;
}

}  // namespace

core::Result<Answer> change(store::Administration& store, Call& call,
                            const std::function<core::Result<Answer>(store::Unit&, Note&)>& work) {
  core::Result<Answer> answer = core::fail(core::ErrorCode::internal_error);
  const bool idempotent = !call.idempotency_key.empty();
  auto done = store.change([&](store::Unit& unit) -> core::Result<void> {
    call.problems = {};  // the unit may be run again
    if (idempotent) {
      auto kept = unit.claim(call.caller.operator_id, call.idempotency_key);
      if (!kept) return std::unexpected(std::move(kept.error()));
      if (*kept) {
        answer = replayed(call, **kept);
        if (!answer) return std::unexpected(answer.error());
        return {};
      }
    }
    Note note;
    answer = work(unit, note);
    if (!answer) return std::unexpected(answer.error());
    if (auto recorded = record(unit, call, note); !recorded) return recorded;
    if (idempotent) return unit.keep(to_keep(call, *answer));
    return {};
  });
  if (!done) return std::unexpected(std::move(done.error()));
  return answer;
}

core::Result<void> record(store::Administration& store, const Call& call, const Note& note) {
  return store.change([&](store::Unit& unit) { return unit.record(audit_row(call, note)); });
}

std::string etag_of(const json::Document& lasting) {
  const auto digest = core::sha256(json::dump(lasting));
  return '"' + core::to_hex(std::span(digest).first(16)) + '"';
}

core::Result<void> check_if_match(const Call& call, const std::string& etag) {
  if (call.if_match.empty() || call.if_match == "*" || call.if_match.find(etag) != std::string::npos)
    return {};
  return core::fail(core::ErrorCode::precondition_failed, "It has changed since it was read (its ETag is " +
                                                              etag +
                                                              " now); read it again and repeat the change.");
}

}  // namespace relayna::control
