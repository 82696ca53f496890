#include <algorithm>

#include "control/resources/dependents.hpp"
#include "control/resources/key_shape.hpp"

namespace relayna::control {

namespace {

using domain::VirtualKey;

constexpr std::size_t kMostKeys = 500;

enum class Action : std::uint8_t { enable, disable, revoke, remove };

/// What the body asks for.
struct Wanted {
  Action action = Action::disable;
  std::string verb;
  std::vector<std::string> ids;
};

Codec<Action> action_codec() {
  return choice<Action>({{Action::enable, "enable"},
                         {Action::disable, "disable"},
                         {Action::revoke, "revoke"},
                         {Action::remove, "delete"}});
}

void read_ids(const json::Document& given, std::vector<std::string>& ids, Problems& problems) {
  if (!given.is_array() || given.empty() || given.size() > kMostKeys)
    return problems.add("ids", "must be an array of 1 to 500 key ids");
  for (std::size_t i = 0; i < given.size(); ++i) {
    std::string id;
    uuid().read(given[i], id, "ids[" + std::to_string(i) + ']', problems);
    if (std::ranges::find(ids, id) == ids.end()) ids.push_back(std::move(id));
  }
}

core::Result<Wanted> read_wanted(Call& call) {
  Wanted wanted;
  for (const auto& [name, given] : call.body.items()) {
    if (name == "action") {
      action_codec().read(given, wanted.action, name, call.problems);
      if (given.is_string()) wanted.verb = given.get<std::string>();
    } else if (name == "ids") {
      read_ids(given, wanted.ids, call.problems);
    } else {
      call.problems.add(name, "is unknown; there are: action, ids");
    }
  }
  for (const auto* required : {"action", "ids"}) {
    if (!call.body.contains(required)) call.problems.add(required, "is required");
  }
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  return wanted;
}

/// Why nothing happens to a key; nullopt: it may.
std::optional<core::Error> obstacle(const std::optional<VirtualKey>& key, Action action) {
  using enum core::ErrorCode;
  if (!key) return core::Error(not_found, "There is no virtual key with this id.");
  if (key->managed_by == "file")
    return core::Error(managed_by_file, "This key is declared in the configuration file; change it there.");
  if (key->revoked_at && (action == Action::enable || action == Action::disable))
    return core::Error(conflict, "This key is revoked, which is for good.");
  return std::nullopt;
}

void apply(Action action, VirtualKey& key, core::SystemTime now) {
  if (action == Action::revoke) {
    if (!key.revoked_at) key.revoked_at = now;
  } else if (action == Action::enable) {
    switch_on(key, now);
  } else {
    key.disabled = true;
  }
}

/// `result` of one key; a failure of the store ends the whole unit.
core::Result<json::Document> change_one(store::Unit& unit, const Call& call, const Wanted& wanted,
                                        const std::string& id, Note& note) {
  auto found = unit.of<VirtualKey>().find(id);
  if (!found) return std::unexpected(std::move(found.error()));
  if (const auto error = obstacle(*found, wanted.action)) {
    return json::Document{
        {"id", id},
        {"result", "failed"},
        {"error",
         {{"code", std::string(error->info().name)}, {"message", std::string(error->public_message())}}}};
  }
  const VirtualKey before = **found;
  VirtualKey after = before;
  const auto shown = [&](const VirtualKey& key) { return key_shape().show(key, call.now); };
  Note row{"keys." + wanted.verb, "keys", id, shown(before), {}};
  auto written = core::Result<void>{};
  if (wanted.action == Action::remove) {
    auto gone_with = settings_gone_with(unit, call, "key", id);
    if (!gone_with) return std::unexpected(std::move(gone_with.error()));
    row.also = std::move(*gone_with);
    written = unit.of<VirtualKey>().remove(id);
  } else {
    apply(wanted.action, after, call.now);
    if (key_shape().lasting(after) == key_shape().lasting(before))
      return json::Document{{"id", id}, {"result", "unchanged"}, {"error", nullptr}};
    stamp_updated(after, call.now);
    written = unit.of<VirtualKey>().update(after);
    row.after = shown(after);
  }
  if (!written) return std::unexpected(std::move(written.error()));
  note.also.push_back(std::move(row));
  return json::Document{{"id", id}, {"result", "changed"}, {"error", nullptr}};
}

core::Result<Answer> change_many(store::Administration& store, Call& call) {
  const auto wanted = read_wanted(call);
  if (!wanted) return std::unexpected(wanted.error());
  return change(store, call, [&](store::Unit& unit, Note& note) -> core::Result<Answer> {
    auto data = json::Document::array();
    for (const auto& id : wanted->ids) {
      auto result = change_one(unit, call, *wanted, id, note);
      if (!result) return std::unexpected(std::move(result.error()));
      data.push_back(std::move(*result));
    }
    Answer answer;
    answer.body = {{"data", std::move(data)}};
    return answer;
  });
}

json::Document request_schema() {
  return object_schema(
      {{"action", action_codec().schema},
       {"ids", {{"type", "array"}, {"items", uuid().schema}, {"minItems", 1}, {"maxItems", kMostKeys}}}});
}

json::Document result_schema() {
  const json::Document error =
      object_schema({{"code", {{"type", "string"}}}, {"message", {{"type", "string"}}}});
  return object_schema(
      {{"id", uuid().schema},
       {"result", {{"type", "string"}, {"enum", json::Document::array({"changed", "unchanged", "failed"})}}},
       {"error", nullable(error)}});
}

}  // namespace

void add_bulk_key_changes(Api& api, store::Administration& store) {
  Operation bulk;
  bulk.method = "POST";
  bulk.path = "/admin/keys/bulk";
  bulk.id = "keys.bulk";
  bulk.tag = "Virtual keys";
  bulk.summary = "Enable, disable, revoke or delete many keys";
  bulk.about =
      "One unit: a failure of the store changes none. A key that cannot be changed keeps the others from "
      "nothing and is told by its result.";
  bulk.scope = "keys:write";
  bulk.request = request_schema();
  bulk.response = object_schema({{"data", array_of(result_schema())}});
  bulk.errors = {core::ErrorCode::conflict, core::ErrorCode::idempotency_conflict};
  bulk.run = Operation::Blocking([&store](Call& call) { return change_many(store, call); });
  api.add(std::move(bulk));
}

}  // namespace relayna::control
