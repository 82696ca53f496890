#include "relayna/identity/key_rotation.hpp"

#include "control/api/changes.hpp"
#include "control/api/schemas.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

namespace {

using identity::KeyRotation;

json::Document moment_or_null(const std::optional<core::SystemTime>& at) {
  return at ? json::Document(core::to_rfc3339(*at)) : json::Document();
}

json::Document show(const KeyRotation::Progress& progress, const std::vector<identity::Wrapping>& wrappings) {
  auto secrets = json::Document::array();
  for (const auto& wrapping : wrappings) {
    secrets.push_back({{"secret", wrapping.secret},
                       {"under", wrapping.under.empty() ? json::Document() : json::Document(wrapping.under)},
                       {"master_key_id", wrapping.master_key_id},
                       {"current", wrapping.current}});
  }
  return {{"rotating", progress.running},
          {"key_id", progress.data_key_id},
          {"begun_at", moment_or_null(progress.begun_at)},
          {"old_key_kept_until", moment_or_null(progress.old_key_kept_until)},
          {"total", progress.total},
          {"done", progress.done},
          {"remaining", progress.remaining},
          {"unreadable", progress.unreadable},
          {"stored_secrets", std::move(secrets)}};
}

json::Document typed(json::Document type, std::string about) {
  return {{"type", std::move(type)}, {"description", std::move(about)}};
}

json::Document schema() {
  const auto text_or_null = json::Document::array({"string", "null"});
  const auto moment = [&](std::string about) {
    auto made = typed(text_or_null, std::move(about));
    made["format"] = "date-time";
    return made;
  };
  const auto secret = object_schema(
      {{"secret", typed("string", "`pepper`, `data_key`, and `data_key_next` during a rotation.")},
       {"under",
        typed(text_or_null, "The master key it is wrapped under; null: one this replica does not have.")},
       {"master_key_id", typed("string", "Tells master keys apart.")},
       {"current", typed("boolean", "Whether that is the master key in force.")}});
  return object_schema(
      {{"rotating", {{"type", "boolean"}}},
       {"key_id", typed("string", "Of the data key in force; empty: the one made with the installation.")},
       {"begun_at", moment("When the rotation began.")},
       {"old_key_kept_until", moment("The earliest end of the rotation.")},
       {"total", typed("integer", "Stored credentials.")},
       {"done", typed("integer", "Those under the key in force.")},
       {"remaining", typed("integer", "Those under an older one; 0 when nothing is left.")},
       {"unreadable", array_of(typed("string",
                                     "A row no key opens (`providers/<id>`): set its credential anew or "
                                     "delete it, or the rotation does not end."))},
       {"stored_secrets", array_of(secret)}});
}

Operation operation(std::string method, std::string path, std::string verb, std::string summary,
                    std::string scope) {
  Operation made;
  made.method = std::move(method);
  made.path = std::move(path);
  made.id = "data-key." + std::move(verb);
  made.tag = "Settings";
  made.summary = std::move(summary);
  made.scope = std::move(scope);
  made.response = schema();
  return made;
}

core::Result<Answer> answer(const Resources& with, const core::Result<KeyRotation::Progress>& progress) {
  if (!progress) return std::unexpected(progress.error());
  auto wrappings = with.keyring.wrappings();
  if (!wrappings) return std::unexpected(std::move(wrappings.error()));
  Answer shown;
  shown.body = show(*progress, *wrappings);
  return shown;
}

/// The audit row first: no rotation begins that nobody can account for.
core::Result<Answer> rotate_data_key(const Resources& with, KeyRotation rotation, Call& call) {
  auto running = rotation.running();
  if (!running) return std::unexpected(std::move(running.error()));
  bool begins = false;  // stays so when the request is a repeated one
  auto noted =
      change(with.store.administration(), call, [&](store::Unit&, Note& note) -> core::Result<Answer> {
        begins = !*running;
        if (begins) note = {"data-key.rotate", "data-key", "", json::Document(), json::Document()};
        return Answer{};
      });
  if (!noted) return noted;
  if (begins) {
    if (auto begun = rotation.begin(); !begun) return std::unexpected(std::move(begun.error()));
  }
  return answer(with, rotation.progress());
}

}  // namespace

void add_data_key(Api& api, const Resources& with) {
  const auto rotation = [&with] {
    return KeyRotation(with.store.administration(), with.keyring, core::real_clock());
  };
  auto get = operation("GET", "/admin/data-key", "get", "Tell what stored credentials are sealed under",
                       "operators:read");
  get.run = Operation::Blocking([&with, rotation](Call&) { return answer(with, rotation().progress()); });
  api.add(std::move(get));

  auto rotate =
      operation("POST", "/admin/data-key/rotate", "rotate", "Rotate the data key", "operators:write");
  rotate.about =
      "A new key is made, stored credentials are sealed anew under it, and the old key is deleted once a "
      "count finds none left "
      "under it, after a minute at the earliest. Any replica does this; this answer tells where it stands. "
      "While one is "
      "running this changes nothing. The pepper is never rotated: no key's hash could be made again.";
  rotate.run =
      Operation::Blocking([&with, rotation](Call& call) { return rotate_data_key(with, rotation(), call); });
  api.add(std::move(rotate));
}

}  // namespace relayna::control
