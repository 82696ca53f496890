// The sections of process settings in the declarative file: `server`, `logging`, `telemetry`, `identity`.
#include <algorithm>

#include <fmt/format.h>

#include "relayna/config/suggest.hpp"
#include "relayna/core/encoding.hpp"

#include "config/raw_values.hpp"

namespace relayna::config {
namespace {

using yaml::Node;

bool takes_list(Kind kind) {
  return kind == Kind::cidr_list || kind == Kind::origin_list || kind == Kind::text_list ||
         kind == Kind::choice_list || kind == Kind::upstream_private;
}

const Setting* setting_at(std::string_view path) {
  for (const Setting* setting : all_settings()) {
    if (setting->file_key == path) return setting;
  }
  return nullptr;
}

/// The keys that may stand directly under `path` ("server" → bind, tls, …).
std::vector<std::string_view> keys_under(std::string_view path) {
  std::vector<std::string_view> keys;
  for (const Setting* setting : all_settings()) {
    std::string_view key = setting->file_key;
    if (!key.starts_with(path) || key.size() <= path.size() || key[path.size()] != '.') continue;
    key.remove_prefix(path.size() + 1);
    key = key.substr(0, key.find('.'));
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  }
  return keys;
}

class Walker {
 public:
  Walker(const Environment& environment, yaml::Diagnostics& diagnostics, RawValues& values)
      : environment_(environment), diagnostics_(diagnostics), values_(values) {}

  void section(const Node& node, const std::string& path) {
    if (node.unset()) return;
    if (node.kind != Node::Kind::mapping) {
      if (!node.broken) diagnostics_.add(node.mark, path, "must be a mapping");
      return;
    }
    const std::vector<std::string_view> known = keys_under(path);
    for (const yaml::Entry& entry : node.entries) {
      if (diagnostics_.full()) return;
      if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
        unknown(entry, path, known);
        continue;
      }
      const std::string key = yaml::join_path(path, entry.key);
      if (const Setting* setting = setting_at(key)) {
        value(*setting, entry.value, key);
      } else {
        section(entry.value, key);
      }
    }
  }

 private:
  void unknown(const yaml::Entry& entry, const std::string& path, std::span<const std::string_view> known) {
    const std::string_view meant = nearest(entry.key, known);
    diagnostics_.add(
        entry.mark, yaml::join_path(path, printable_name(entry.key)),
        meant.empty() ? "is not a known key" : fmt::format("is not a known key; did you mean `{}`?", meant));
  }

  void value(const Setting& setting, const Node& node, const std::string& path) {
    RawValue raw{{}, {}, node.mark, node.broken};
    if (setting.secret && node.kind == Node::Kind::scalar) {
      const core::Secret secret = yaml::resolve_secret(node, environment_, path, diagnostics_);
      raw.text = secret.reveal();
      raw.broken = raw.broken || (secret.empty() && !node.unset());
    } else if (node.kind == Node::Kind::scalar) {
      raw.text = core::trim(node.text);
    } else if (node.kind == Node::Kind::sequence && takes_list(setting.type.kind)) {
      list(node, path, raw);
    } else if (node.kind != Node::Kind::null) {
      diagnostics_.add(node.mark, path, "must be a single value", setting.example);
      raw.broken = true;
    }
    if (raw.broken || !raw.text.empty()) values_[&setting] = std::move(raw);
  }

  void list(const Node& node, const std::string& path, RawValue& raw) {
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const Node& item = node.items[i];
      raw.broken = raw.broken || item.broken;
      if (item.kind != Node::Kind::scalar || item.text.find(',') != std::string::npos) {
        diagnostics_.add(item.mark, yaml::join_path(path, i), "must be a single value");
        raw.broken = true;
      }
      if (!raw.text.empty()) raw.text += ", ";
      raw.text += item.text;
    }
  }

  const Environment& environment_;
  yaml::Diagnostics& diagnostics_;
  RawValues& values_;
};

}  // namespace

RawValues section_values(Node& root, const Environment& environment, yaml::Diagnostics& diagnostics) {
  RawValues values;
  if (root.kind != Node::Kind::mapping) {
    diagnostics.add(root.mark, "", "must be a mapping with keys such as `providers` and `keys`");
    return values;
  }
  Walker walker(environment, diagnostics, values);
  for (yaml::Entry& entry : root.entries) {
    if (keys_under(entry.key).empty()) continue;
    yaml::expand(entry.value, environment, entry.key, diagnostics);
    walker.section(entry.value, entry.key);
  }
  return values;
}

}  // namespace relayna::config
