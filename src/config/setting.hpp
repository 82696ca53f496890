#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "relayna/config/settings.hpp"

// What a process setting is. Each is declared once, in one of the tables of declared_*.cpp; reading the
// environment, the file and the flags, the checks and docs/configuration.md all walk those tables.
namespace relayna::config {

/// How the text of a setting is read.
enum class Kind : std::uint8_t {
  text,
  boolean,
  integer,
  ratio,
  duration,
  address,
  threads,
  choice,
  base_path,
  path,
  base_url,
  database_url,
  redis_url,
  proxy_url,
  cidr_list,
  origin_list,
  text_list,
  choice_list,
  upstream_private,
  log_filter,
  header_name,
  header_list,
  operator_token,
  key32,
};

using Choices = std::array<std::string_view, 4>;

/// A kind with its bounds: whole numbers, or milliseconds for durations.
struct Type {
  Kind kind = Kind::text;
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  Choices choices{};
};
constexpr Type integer(std::int64_t min, std::int64_t max) {
  return {Kind::integer, min, max};
}
constexpr Type duration(std::chrono::milliseconds min, std::chrono::milliseconds max) {
  return {Kind::duration, min.count(), max.count()};
}
constexpr Type choice(Choices choices) {
  return {.kind = Kind::choice, .choices = choices};
}
constexpr Type choice_list(Choices choices) {
  return {.kind = Kind::choice_list, .choices = choices};
}

/// Which member of Settings takes the value. None: Settings::extra, or extra_secrets.
using Member =
    std::variant<std::monostate, std::string Settings::*, bool Settings::*, std::uint64_t Settings::*,
                 unsigned Settings::*, std::chrono::milliseconds Settings::*, BindAddress Settings::*,
                 std::vector<std::string> Settings::*, core::Secret Settings::*, UpstreamPrivate Settings::*>;

enum class Group : std::uint8_t {
  state,
  listeners,
  upstreams,
  secrets,
  bodies,
  lifecycle,
  keys,
  logging,
  telemetry,
  front_door,
  studio,
  retention,
};

struct Setting {
  std::string_view name;      ///< environment variable; of a setting that only the file has, its key
  std::string_view file_key;  ///< `server.bind`; empty: not in the file
  Group group = Group::state;
  Type type;
  Member member;
  std::string_view default_text;  ///< empty: unset
  std::string_view example;
  std::string_view help;
  bool secret = false;      ///< NAME_FILE works, and nothing ever shows the value
  bool reloadable = false;  ///< a reload can change it; everything else needs a restart
  bool later = false;       ///< read and checked; a later version acts on it
  std::array<std::string_view, 3> old_names{};
};

/// The tables by topic, and all of them in the order of the documentation.
std::span<const Setting> declared_state();
std::span<const Setting> declared_listeners();
std::span<const Setting> declared_upstreams();
std::span<const Setting> declared_telemetry();
std::span<const Setting> declared_identity();
const std::vector<const Setting*>& all_settings();
const Setting* find_setting(std::string_view name);
/// In the order of the documentation.
std::span<const Group> groups();
std::string_view group_name(Group group);   ///< `front_door`
std::string_view group_title(Group group);  ///< `Front door`
/// True for a setting that has no environment variable.
inline bool file_only(const Setting& setting) {
  return setting.name == setting.file_key;
}

/// Reads `text` into `settings`; the answer says what is wrong with it and changes nothing.
std::optional<std::string> assign(Settings& settings, const Setting& setting, std::string_view text);

}  // namespace relayna::config
