#include <algorithm>

#include <fmt/format.h>

#include "relayna/catalog/build.hpp"

#include "control/alerts/alerts.hpp"
#include "control/api/add_resource.hpp"
#include "control/resources/common_fields.hpp"
#include "control/resources/providers.hpp"
#include "control/resources/references.hpp"

namespace relayna::control {

namespace {

using domain::AlertDelivery;
using domain::AlertWebhook;

/// What webhooks may ask for.
std::vector<std::string> event_names() {
  std::vector<std::string> names;
  for (const auto& event : kAlertEvents) {
    if (event.name != kTestEvent) names.emplace_back(event.name);
  }
  return names;
}

Codec<std::vector<std::string>> events() {
  auto codec = texts([](std::string_view name) -> std::optional<std::string> {
    const auto names = event_names();
    if (std::ranges::find(names, name) != names.end()) return std::nullopt;
    return fmt::format("must be one of: {}", fmt::join(names, ", "));
  });
  codec.schema["items"] = {{"type", "string"}, {"enum", event_names()}};
  return codec;
}

/// Checked here, and sealed by the hooks: what the row keeps is not what is given.
Codec<std::string> signing_secret() {
  Codec<std::string> codec;
  codec.schema = {{"type", "string"}, {"writeOnly", true}};
  codec.read = [](const json::Document& given, std::string&, const std::string& path, Problems& problems) {
    if (!given.is_string() || !well_formed_webhook_secret(given.get_ref<const std::string&>()))
      problems.add(path, "must be `whsec_` and the base64 of 24 to 64 bytes");
  };
  return codec;
}

const Shape<AlertWebhook>& webhook_shape() {
  static const auto shape = [] {
    std::string about = "Which alerts it gets; none named: all. ";
    for (const auto& event : kAlertEvents) {
      if (event.name != kTestEvent) about += fmt::format("`{}`: {} ", event.name, event.meaning);
    }
    about.pop_back();
    Shape<AlertWebhook> webhook("AlertWebhook",
                                "Where alerts are sent: a POST signed as Standard Webhooks says.");
    add_id(webhook);
    webhook.field("name", &AlertWebhook::name, text(1, kMostName), Field::required, "Unique.")
        .listed("name", true);
    webhook.field("url", &AlertWebhook::url, url(), Field::required,
                  "Redirects are not followed; the rules for upstream addresses hold.");
    webhook.field("events", &AlertWebhook::events, events(), Field::settable, about);
    webhook.field("enabled", &AlertWebhook::enabled, flag(), Field::settable, "").listed("enabled");
    webhook.field("secret", &AlertWebhook::sealed_secret, signing_secret(), Field::secret,
                  "What deliveries are signed with. None given at creation: one is made and shown once.");
    add_provenance(webhook);
    return webhook;
  }();
  return shape;
}

core::Result<void> seal_secret(AlertWebhook& webhook, const core::Secret& secret,
                               const identity::Keyring& keyring) {
  auto sealed = keyring.seal(secret.reveal(), catalog::webhook_context(webhook.id));
  if (!sealed) return std::unexpected(std::move(sealed.error()));
  webhook.sealed_secret = std::move(*sealed);
  return {};
}

core::Result<void> give_new_secret(Change<AlertWebhook>& change, const identity::Keyring& keyring) {
  const auto secret = new_webhook_secret();
  change.once["secret"] = secret.reveal();
  return seal_secret(change.row, secret, keyring);
}

/// The one that is given; a new one for a webhook that has none.
core::Result<void> keep_secret(Change<AlertWebhook>& change, const identity::Keyring& keyring) {
  const auto given = change.call.body.find("secret");
  if (given != change.call.body.end())
    return seal_secret(change.row, core::Secret(given->get<std::string>()), keyring);
  return change.before == nullptr ? give_new_secret(change, keyring) : core::Result<void>();
}

const std::vector<ShownOnce> kSecretOnce{
    {"secret",
     "What deliveries are signed with, when the gateway made it. Shown in "
     "this answer and never again."}};

using AsyncAnswer = runtime::Task<core::Result<http::Response>>;

json::Document test_schema() {
  return object_schema(
      {{"ok", {{"type", "boolean"}}},
       {"status", {{"type", {"integer", "null"}}, {"description", "Of the receiver's answer."}}},
       {"problem", {{"type", {"string", "null"}}}},
       {"took_ms", {{"type", "number"}}},
       {"delivery_id", {{"type", "string"}, {"format", "uuid"}}}});
}

/// An attempt that is not repeated, on record like any other.
core::Result<Answer> record_test(const Resources& with, Call& call, AlertDelivery delivery,
                                 const AlertSender::Outcome& outcome) {
  note_attempt(delivery, outcome.problem, call.now, 0);
  delivery.next_attempt_at.reset();
  const std::chrono::duration<double, std::milli> took = outcome.took;
  Answer answer;
  answer.body = {{"ok", outcome.problem.empty()},
                 {"status", outcome.status == 0 ? json::Document() : json::Document(outcome.status)},
                 {"problem", outcome.problem.empty() ? json::Document() : json::Document(outcome.problem)},
                 {"took_ms", took.count()},
                 {"delivery_id", delivery.id}};
  return change(with.store.administration(), call,
                [&](store::Unit& unit, Note& note) -> core::Result<Answer> {
                  if (auto stored = unit.of<AlertDelivery>().insert(delivery); !stored)
                    return std::unexpected(std::move(stored.error()));
                  note = {"alert-webhooks.test", "alert-webhooks", delivery.webhook_id, {}, answer.body};
                  return answer;
                });
}

AsyncAnswer test_webhook(const Resources* with, AlertSender* sender, std::shared_ptr<Call> call,
                         runtime::StopSource* stop) {
  auto& pool = with->network.pool;
  auto* store = &with->store.administration();
  auto webhook = co_await runtime::offload(
      pool, [store, call] { return store->of<AlertWebhook>().get(call->at("id")); });
  if (!webhook) co_return std::unexpected(std::move(webhook.error()));
  if (!*webhook) co_return core::fail(core::ErrorCode::not_found, "There is no alert webhook with this id.");
  const auto id = Call::new_id();
  auto delivery = new_delivery(
      **webhook, {kTestEvent, "test:" + id, {{"webhook", (*webhook)->name}, {"sent_by", call->caller.name}}},
      id, call->now);
  const auto outcome = co_await sender->post(std::move(**webhook), delivery, stop);
  call->idempotency_key.clear();  // each is sent, so each is on record
  auto answer = co_await runtime::offload(
      pool, [with, call, delivery, outcome] { return record_test(*with, *call, delivery, outcome); });
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return json_answer(200, answer->body, call->request_id);
}

}  // namespace

void add_alert_webhooks(Api& api, const Resources& with, AlertSender& sender) {
  const auto* use = &with;
  Resource<AlertWebhook> webhooks{.path = "alerts/webhooks",
                                  .kind = "alert-webhooks",
                                  .tag = "Alerts",
                                  .one = "alert webhook",
                                  .shape = &webhook_shape(),
                                  .read_scope = "alerts:read",
                                  .write_scope = "alerts:write",
                                  .search = "name",
                                  .shown_once = kSecretOnce};
  webhooks.check_body = [use](const Call& call) -> core::Result<Problems> {
    Problems problems;
    if (const auto url = text_in(call.body, "url")) check_address(*use, *url, "url", problems);
    return problems;
  };
  webhooks.before_create = webhooks.before_update = [use](Change<AlertWebhook>& change) {
    return keep_secret(change, use->keyring);
  };
  add_resource(api, with.store.administration(), webhooks);
  add_action<AlertWebhook>(
      api, with.store.administration(), webhooks, "rotate", "Give a webhook a new secret", "alerts:write",
      [use](Change<AlertWebhook>& change) { return give_new_secret(change, use->keyring); }, nullptr,
      with_shown_once(shown_schema(webhook_shape().fields(), webhook_shape().about()), kSecretOnce));

  Operation tested;
  tested.method = "POST";
  tested.path = "/admin/alerts/webhooks/{id}/test";
  tested.id = "alert-webhooks.test";
  tested.tag = "Alerts";
  tested.summary = "Send a signed test delivery";
  tested.about =
      "Once and at once, also when the webhook is switched off; it is listed among the deliveries.";
  tested.scope = "alerts:write";
  tested.response = test_schema();
  tested.errors = {core::ErrorCode::not_found};
  auto* send = &sender;
  tested.run = Operation::Async([use, send](std::shared_ptr<Call> call, runtime::StopSource* stop) {
    return test_webhook(use, send, std::move(call), stop);
  });
  api.add(std::move(tested));
}

}  // namespace relayna::control
