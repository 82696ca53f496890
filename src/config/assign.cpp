// From the text of a setting to the member of Settings it fills.
#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "relayna/config/values.hpp"
#include "relayna/core/encoding.hpp"

#include "config/setting.hpp"

namespace relayna::config {
namespace {

/// Sets the member of the declaration. Settings without one keep the text.
template <class T>
void put(Settings& settings, const Setting& setting, T value, std::string_view text) {
  if (const auto* member = std::get_if<T Settings::*>(&setting.member)) {
    settings.*(*member) = std::move(value);
  } else if (setting.secret) {
    settings.extra_secrets[std::string(setting.name)] = core::Secret(std::string(text));
  } else {
    settings.extra[std::string(setting.name)] = text;
  }
}

template <class T, class P>
Check put_parsed(Settings& settings, const Setting& setting, P parsed, std::string_view text) {
  if (!parsed) return std::move(parsed.error());
  put<T>(settings, setting, static_cast<T>(std::move(*parsed)), text);
  return std::nullopt;
}

Check put_text(Settings& settings, const Setting& setting, std::string_view text) {
  if (std::holds_alternative<core::Secret Settings::*>(setting.member)) {
    put(settings, setting, core::Secret(std::string(text)), text);
  } else {
    put(settings, setting, std::string(text), text);
  }
  return std::nullopt;
}

/// The text as it is, once `problem` found nothing wrong with it.
Check put_checked(Settings& settings, const Setting& setting, Check problem, std::string_view text) {
  if (problem) return problem;
  return put_text(settings, setting, text);
}

bool is_choice(const Choices& choices, std::string_view text) {
  return !text.empty() && std::find(choices.begin(), choices.end(), text) != choices.end();
}

std::string choices_text(const Choices& choices) {
  std::vector<std::string_view> named(choices.begin(), std::find(choices.begin(), choices.end(), ""));
  return fmt::format("must be one of {}", fmt::join(named, ", "));
}

/// Each item of the list, or all of it as one message.
Check put_list(Settings& settings, const Setting& setting, Check (*check)(std::string_view),
               std::string_view text) {
  std::vector<std::string> items = split_list(text);
  for (const std::string& item : items) {
    if (auto problem = check(item)) return problem;
  }
  put(settings, setting, std::move(items), text);
  return std::nullopt;
}

Check put_choices(Settings& settings, const Setting& setting, std::string_view text) {
  const std::vector<std::string> items = split_list(text);
  const bool right = std::all_of(items.begin(), items.end(), [&](const std::string& item) {
    return is_choice(setting.type.choices, item);
  });
  if (items.empty() || !right) return choices_text(setting.type.choices);
  put(settings, setting, items, text);
  return std::nullopt;
}

Check put_threads(Settings& settings, const Setting& setting, std::string_view text) {
  if (core::iequals(text, "auto")) {
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    put(settings, setting, std::min(cores, static_cast<unsigned>(setting.type.max)), text);
    return std::nullopt;
  }
  auto count = parse_integer(text, setting.type.min, setting.type.max);
  if (!count) return fmt::format("{}, or auto", count.error());
  put(settings, setting, static_cast<unsigned>(*count), text);
  return std::nullopt;
}

Check put_upstream_private(Settings& settings, const Setting& setting, std::string_view text) {
  UpstreamPrivate value;
  if (text == "deny") {
    value.mode = UpstreamPrivate::Mode::deny;
  } else if (text != "allow") {
    value = {UpstreamPrivate::Mode::listed, split_list(text)};
    for (const std::string& item : value.cidrs) {
      if (cidr_problem(item)) return "must be allow, deny or a list of CIDR ranges";
    }
  }
  put(settings, setting, std::move(value), text);
  return std::nullopt;
}

Check put_key32(Settings& settings, const Setting& setting, std::string_view text) {
  auto bytes = core::from_base64(text);
  if (!bytes || bytes->size() != 32) return "must be 32 bytes in base64 (44 characters)";
  put(settings, setting, core::Secret(std::move(*bytes)), text);
  return std::nullopt;
}

Check ratio_problem(std::string_view text) {
  auto ratio = parse_ratio(text);
  if (ratio) return std::nullopt;
  return std::move(ratio.error());
}

Check base_path_problem(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  const bool right = text.starts_with('/') && text.find("//") == std::string_view::npos &&
                     text.find("/.") == std::string_view::npos &&
                     text.find_first_not_of(kAllowed) == std::string_view::npos;
  if (right) return std::nullopt;
  return "must be a path that starts with `/`";
}

}  // namespace

Check assign(Settings& settings, const Setting& setting, std::string_view text) {
  text = core::trim(text);
  const Type& type = setting.type;
  if (has_control_characters(text)) return "must not contain control characters";
  switch (type.kind) {
    case Kind::text:
    case Kind::path:
      return put_text(settings, setting, text);
    case Kind::boolean:
      return put_parsed<bool>(settings, setting, parse_boolean(text), text);
    case Kind::integer:
      return put_parsed<std::uint64_t>(settings, setting, parse_integer(text, type.min, type.max), text);
    case Kind::ratio:
      return put_checked(settings, setting, ratio_problem(text), text);
    case Kind::duration:
      return put_parsed<std::chrono::milliseconds>(
          settings, setting,
          parse_duration(text, std::chrono::milliseconds(type.min), std::chrono::milliseconds(type.max)),
          text);
    case Kind::address:
      return put_parsed<BindAddress>(settings, setting, parse_bind_address(text), text);
    case Kind::threads:
      return put_threads(settings, setting, text);
    case Kind::choice:
      if (!is_choice(type.choices, text)) return choices_text(type.choices);
      return put_text(settings, setting, text);
    case Kind::choice_list:
      return put_choices(settings, setting, text);
    case Kind::base_path:
      return put_checked(settings, setting, base_path_problem(text), text);
    case Kind::base_url:
      return put_checked(settings, setting, base_url_problem(text), text);
    case Kind::database_url:
      return put_checked(settings, setting, database_url_problem(text), text);
    case Kind::redis_url:
      return put_checked(settings, setting, redis_url_problem(text), text);
    case Kind::proxy_url:
      return put_checked(settings, setting, proxy_url_problem(text), text);
    case Kind::log_filter:
      return put_checked(settings, setting, log_filter_problem(text), text);
    case Kind::header_name:
      return put_checked(settings, setting, header_name_problem(text), text);
    case Kind::header_list:
      return put_checked(settings, setting, header_list_problem(text), text);
    case Kind::operator_token:
      return put_checked(settings, setting, token_problem(text, "op_live_"), text);
    case Kind::cidr_list:
      return put_list(settings, setting, cidr_problem, text);
    case Kind::origin_list:
      return put_list(settings, setting, origin_problem, text);
    case Kind::text_list:
      return put_list(settings, setting, [](std::string_view) -> Check { return std::nullopt; }, text);
    case Kind::upstream_private:
      return put_upstream_private(settings, setting, text);
    case Kind::key32:
      return put_key32(settings, setting, text);
  }
  return "cannot be read";
}

}  // namespace relayna::config
