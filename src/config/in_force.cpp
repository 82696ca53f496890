// From the members of Settings back to what a person reads.
#include "relayna/config/in_force.hpp"

#include <fmt/format.h>

#include "relayna/config/values.hpp"

#include "config/setting.hpp"

namespace relayna::config {
namespace {

using json::Document;

std::string address(const BindAddress& bind) {
  const bool v6 = bind.ip.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", bind.ip, bind.port) : fmt::format("{}:{}", bind.ip, bind.port);
}

Document upstream_private(const UpstreamPrivate& value) {
  if (value.mode == UpstreamPrivate::Mode::listed) return value.cidrs;
  return value.mode == UpstreamPrivate::Mode::allow ? "allow" : "deny";
}

Document text_or_null(const std::string& text) {
  return text.empty() ? Document() : Document(text);
}

/// Of a setting that has no member.
Document extra(const Settings& settings, const Setting& setting) {
  const std::string name(setting.name);
  if (setting.secret) {
    const auto found = settings.extra_secrets.find(name);
    return found == settings.extra_secrets.end() || found->second.empty() ? Document() : Document(true);
  }
  const auto found = settings.extra.find(name);
  return found == settings.extra.end() ? Document() : text_or_null(found->second);
}

/// Null: unset. Of secrets only whether there is one: true.
Document shown(const Settings& settings, const Setting& setting) {
  const auto show = [&](auto member) -> Document {
    if constexpr (std::is_same_v<decltype(member), std::monostate>) {
      return extra(settings, setting);
    } else {
      const auto& value = settings.*member;
      using Value = std::remove_cvref_t<decltype(value)>;
      if constexpr (std::is_same_v<Value, core::Secret>) {
        return value.empty() ? Document() : Document(true);
      } else if constexpr (std::is_same_v<Value, std::string>) {
        return setting.secret && !value.empty() ? Document(true) : text_or_null(value);
      } else if constexpr (std::is_same_v<Value, std::chrono::milliseconds>) {
        return format_duration(value);
      } else if constexpr (std::is_same_v<Value, BindAddress>) {
        return address(value);
      } else if constexpr (std::is_same_v<Value, UpstreamPrivate>) {
        return upstream_private(value);
      } else if constexpr (std::is_same_v<Value, std::vector<std::string>>) {
        return value.empty() ? Document() : Document(value);
      } else if constexpr (std::is_same_v<Value, std::uint64_t>) {
        // Below its bounds: what stands for unset.
        return static_cast<std::int64_t>(value) < setting.type.min ? Document() : Document(value);
      } else {
        return value;
      }
    }
  };
  return std::visit(show, setting.member);
}

/// By way of Settings, so that it has the form of a value in force.
Document default_of(const Setting& setting) {
  if (setting.default_text.empty()) return {};
  Settings settings;
  assign(settings, setting, setting.default_text);
  return shown(settings, setting);
}

}  // namespace

std::vector<SettingInForce> settings_in_force(const Loaded& loaded) {
  std::vector<SettingInForce> all;
  for (const Group group : groups()) {
    for (const Setting* setting : all_settings()) {
      if (setting->group != group) continue;
      SettingInForce& told = all.emplace_back();
      told.name = setting->name;
      told.file_key = setting->file_key;
      told.group = group_name(group);
      told.group_title = group_title(group);
      told.help = setting->help;
      const auto source = loaded.sources.find(told.name);
      told.source = source == loaded.sources.end() ? "default" : source->second;
      told.secret = setting->secret;
      Document value = shown(loaded.settings, *setting);
      told.configured = !value.is_null();
      if (setting->secret) continue;
      told.value = std::move(value);
      told.default_value = default_of(*setting);
    }
  }
  return all;
}

}  // namespace relayna::config
