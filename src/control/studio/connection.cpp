#include "control/studio/connection.hpp"

#include "relayna/catalog/build.hpp"
#include "relayna/json/document.hpp"

#include "control/api/codec.hpp"
#include "control/api/schemas.hpp"
#include "control/resources/providers.hpp"
#include "control/resources/secret_field.hpp"
#include "control/settings/settings_group.hpp"

namespace relayna::control {

namespace {

constexpr const char* kSetting = "studio_connection";

std::string base_url_of(const std::optional<domain::Setting>& saved) {
  if (!saved) return {};
  const auto value = json::parse(saved->value);
  return value && value->is_object() ? value->value("base_url", std::string()) : std::string();
}

/// What the body says of one field: nullopt nothing, an empty T that it is cleared.
template <class T>
std::optional<T> read_field(Call& call, const char* name, const Codec<T>& codec) {
  const auto given = call.body.find(name);
  if (given == call.body.end()) return std::nullopt;
  T value{};
  if (!given->is_null()) codec.read(*given, value, name, call.problems);
  return value;
}

}  // namespace

core::Result<StudioConnection> studio_connection(const Resources& with,
                                                 const std::optional<domain::Setting>& saved) {
  StudioConnection connection;
  connection.base_url = base_url_of(saved);
  if (!connection.base_url.empty()) {
    connection.saved = true;
    connection.updated_at = saved->updated_at;
    if (saved->sealed_secret.empty()) return connection;
    auto token = with.keyring.open(saved->sealed_secret, catalog::setting_context(kSetting));
    if (!token) return std::unexpected(std::move(token.error()));
    connection.token = std::move(*token);
  } else if (!with.studio.base_url.empty()) {
    connection.base_url = with.studio.base_url;
    connection.token = with.studio.token;
  }
  return connection;
}

json::Document show(const Resources& with, const StudioConnection& connection) {
  json::Document shown;
  shown["base_url"] = connection.base_url.empty() ? json::Document() : json::Document(connection.base_url);
  shown["token_configured"] = !connection.token.empty();
  shown["source"] = connection.saved ? "saved" : process_source(with, "RELAYNA_STUDIO_BASE_URL");
  shown["updated_at"] =
      connection.updated_at ? json::Document(core::to_rfc3339(*connection.updated_at)) : json::Document();
  return shown;
}

json::Document studio_connection_schema() {
  return object_schema({{"base_url", {{"type", {"string", "null"}}, {"format", "uri"}}},
                        {"token_configured", {{"type", "boolean"}}},
                        {"source", source_schema()},
                        {"updated_at", {{"type", {"string", "null"}}, {"format", "date-time"}}}});
}

core::Result<std::optional<domain::Setting>> merge_studio_connection(const Resources& with, Call& call,
                                                                     std::optional<domain::Setting> saved) {
  for (const auto& [name, value] : call.body.items()) {
    if (name != "base_url" && name != "token")
      call.problems.add(name, "is unknown; there are: base_url, token");
  }
  auto base_url = read_field(call, "base_url", url());
  auto token = read_field(call, "token", secret_text());
  if (base_url) check_address(with, *base_url, "base_url", call.problems);
  const std::string before = base_url_of(saved);
  std::string after = base_url.value_or(before);
  while (after.ends_with('/')) after.pop_back();
  if (token && !token->empty() && after.empty() && call.problems.empty())
    call.problems.add("token", "goes with a saved base_url; give both");
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  if (after.empty()) return std::optional<domain::Setting>();

  domain::Setting setting = saved.value_or(domain::Setting{});
  setting.name = kSetting;
  setting.value = json::dump({{"base_url", after}});
  setting.updated_at = call.now;
  if (token) {
    auto sealed = seal_given(call, "token", *token, setting.sealed_secret, with.keyring,
                             catalog::setting_context(kSetting));
    if (!sealed) return std::unexpected(std::move(sealed.error()));
  }
  return setting;
}

}  // namespace relayna::control
