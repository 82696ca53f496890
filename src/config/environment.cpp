#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <unistd.h>

#include "relayna/config/suggest.hpp"
#include "relayna/core/encoding.hpp"

#include "config/raw_values.hpp"

namespace relayna::config {
namespace {

constexpr std::size_t kMaxSecretBytes = 65'536;
constexpr std::string_view kFileSuffix = "_FILE";

/// What a gateway with a separate control plane needs and this one does not.
constexpr std::array<std::string_view, 5> kSplitControlPlane{
    "LW_GATEWAY_BASE_URL", "LW_GATEWAY_INTERNAL_SECRET", "LW_GATEWAY_JWT_SECRET",
    "LW_GATEWAY_JWT_SECRET_PREVIOUS", "GATEWAY_CONTROL_PLANE_URL"};

/// Names with these beginnings are ours alone; others (LITELLM_…, OTEL_…, LOG_…) belong to many programs.
constexpr std::array<std::string_view, 4> kOurPrefixes{"GATEWAY_", "ENTRA_", "APIGEE_", "DIRECT_OPENAI_"};

class Reader {
 public:
  Reader(const Environment& environment, std::vector<Problem>& problems, std::vector<std::string>& warnings)
      : environment_(environment), problems_(problems), warnings_(warnings) {}

  RawValues read() {
    RawValues values;
    for (const Setting* setting : all_settings()) {
      if (!file_only(*setting)) read_setting(*setting, values);
    }
    warn_of_split_control_plane();
    warn_of_unknown();
    return values;
  }

 private:
  [[nodiscard]] bool is_set(const std::string& name) const {
    const auto found = environment_.find(name);
    return found != environment_.end() && !core::trim(found->second).empty();
  }

  void read_setting(const Setting& setting, RawValues& values) {
    read_name(setting, setting.name, values);
    for (const std::string_view old : setting.old_names) {
      if (old.empty()) continue;
      const bool had = values.contains(&setting);
      const bool was_set =
          is_set(std::string(old)) || (setting.secret && is_set(std::string(old) + std::string(kFileSuffix)));
      known_.emplace(old);
      if (setting.secret) known_.insert(std::string(old) + std::string(kFileSuffix));
      if (!was_set) continue;
      if (!had) read_name(setting, old, values);
      // NO_PROXY is written in either case everywhere.
      if (core::iequals(old, setting.name)) continue;
      warnings_.push_back(had ? fmt::format("{} is ignored because {} is set", old, setting.name)
                              : fmt::format("{} is deprecated; use {}", old, setting.name));
    }
  }

  void read_name(const Setting& setting, std::string_view name_view, RawValues& values) {
    const std::string name(name_view);
    known_.insert(name);
    if (is_set(name)) {
      values[&setting] = {std::string(core::trim(environment_.at(name))), name, {}, false};
    }
    if (!setting.secret) return;
    const std::string file_name = name + std::string(kFileSuffix);
    known_.insert(file_name);
    if (!is_set(file_name)) return;
    if (values.contains(&setting)) {
      problems_.push_back({file_name, fmt::format("{} is set as well; set one of them", name)});
      return;
    }
    values[&setting] = from_file(file_name);
  }

  /// The file's name is not repeated: some put the secret itself into NAME_FILE.
  RawValue from_file(const std::string& name) {
    const std::string path(core::trim(environment_.at(name)));
    RawValue value{{}, name, {}, true};
    yaml::FileText file = yaml::read_text(path, kMaxSecretBytes);
    if (!file.problem.empty()) {
      problems_.push_back({name, fmt::format("the file it names {}; example: /run/secrets/{}", file.problem,
                                             core::to_lower(std::string_view(name).substr(
                                                 0, name.size() - kFileSuffix.size())))});
      return value;
    }
    value.text = core::trim(file.bytes);
    value.broken = value.text.empty();
    if (value.broken) problems_.push_back({name, "the file it names is empty"});
    return value;
  }

  void warn_of_split_control_plane() {
    std::vector<std::string_view> found;
    for (const std::string_view name : kSplitControlPlane) {
      known_.emplace(name);
      if (is_set(std::string(name))) found.push_back(name);
    }
    if (found.empty()) return;
    warnings_.push_back(fmt::format(
        "{}: not needed; the control plane is part of this process, so there is nothing to connect to",
        fmt::join(found, ", ")));
  }

  void warn_of_unknown() {
    std::vector<std::string_view> names;
    for (const Setting* setting : all_settings()) {
      if (!file_only(*setting)) names.push_back(setting->name);
    }
    for (const auto& [name, value] : environment_) {
      const bool ours = std::any_of(kOurPrefixes.begin(), kOurPrefixes.end(),
                                    [&](std::string_view prefix) { return name.starts_with(prefix); });
      if (!ours || known_.contains(name) || kubernetes_link(name, value)) continue;
      const std::string_view meant = nearest(name, names);
      warnings_.push_back(meant.empty()
                              ? fmt::format("{} is not a setting of this gateway", printable_name(name))
                              : fmt::format("{} is not a setting of this gateway; did you mean {}?",
                                            printable_name(name), meant));
    }
  }

  /// Kubernetes gives every container GATEWAY_SERVICE_HOST, GATEWAY_PORT_8080_TCP, … when a Service is named
  /// `gateway`.
  static bool kubernetes_link(const std::string& name, const std::string& value) {
    const bool address = value.starts_with("tcp://") || value.starts_with("udp://");
    return name.ends_with("_SERVICE_HOST") || name.find("_SERVICE_PORT") != std::string::npos ||
           name.find("_TCP_") != std::string::npos || name.find("_UDP_") != std::string::npos ||
           (address && name.find("_PORT") != std::string::npos);
  }

  const Environment& environment_;
  std::vector<Problem>& problems_;
  std::vector<std::string>& warnings_;
  std::set<std::string> known_;
};

}  // namespace

Environment process_environment() {
  Environment result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    result.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

RawValues environment_values(const Environment& environment, std::vector<Problem>& problems,
                             std::vector<std::string>& warnings) {
  return Reader(environment, problems, warnings).read();
}

}  // namespace relayna::config
