#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "relayna/config/schema.hpp"
#include "relayna/config/suggest.hpp"
#include "relayna/config/values.hpp"
#include "relayna/core/encoding.hpp"
#include "relayna/core/money.hpp"
#include "relayna/core/time.hpp"

namespace relayna::config::schema {
namespace {

using yaml::Node;

constexpr std::size_t kMaxTextBytes = 4'096;

/// What is wrong with the text of a scalar of this shape.
Check text_problem(const Field& field, std::string_view text) {
  using std::chrono::milliseconds;
  const auto error_of = [](const auto& parsed) -> Check {
    if (parsed) return std::nullopt;
    return parsed.error();
  };
  if (text.size() > kMaxTextBytes) return fmt::format("is longer than {} bytes", kMaxTextBytes);
  if (has_control_characters(text)) return "must not contain control characters";
  switch (field.shape) {
    case Shape::integer:
    case Shape::integer_list:
      return error_of(parse_integer(text, field.min, field.max));
    case Shape::boolean:
      return error_of(parse_boolean(text));
    case Shape::duration:
      return error_of(
          parse_duration(text, milliseconds(field.min), std::min(milliseconds(field.max), kLongestDuration)));
    case Shape::dollars: {
      const auto money = core::Money::parse(text);
      if (money && money->nanos() >= 0) return std::nullopt;
      return "must be US dollars as a decimal of at most 9 places";
    }
    case Shape::time:
      if (core::parse_rfc3339(text)) return std::nullopt;
      return "must be an RFC 3339 time";
    case Shape::base_url:
      return base_url_problem(text);
    case Shape::choice:
      if (std::find(field.choices.begin(), field.choices.end(), text) != field.choices.end())
        return std::nullopt;
      return fmt::format("must be one of {}", fmt::join(field.choices, ", "));
    default:
      return std::nullopt;
  }
}

class Checker {
 public:
  explicit Checker(yaml::Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void object(Node& node, std::span<const Field> fields, const std::string& path) {
    if (node.broken) return;
    if (node.kind != Node::Kind::mapping) return wrong(node, path, "must be a mapping");
    std::vector<std::string_view> known;
    for (const Field& field : fields) known.push_back(field.key);
    for (yaml::Entry& entry : node.entries) {
      if (diagnostics_.full()) return;
      if (const Field* field = find(fields, entry.key)) {
        value(*field, entry.value, yaml::join_path(path, entry.key));
      } else {
        unknown(entry, known, path);
      }
    }
    for (const Field& field : fields) {
      const Node* given = field.required ? node.find(field.key) : nullptr;
      if (!field.required || (given != nullptr && (!given->unset() || given->broken))) continue;
      diagnostics_.add(node.mark, yaml::join_path(path, field.key), "is required", field.example);
    }
  }

  void unknown(const yaml::Entry& entry, std::span<const std::string_view> known, const std::string& path) {
    const std::string_view meant = nearest(entry.key, known);
    diagnostics_.add(
        entry.mark, yaml::join_path(path, printable_name(entry.key)),
        meant.empty() ? "is not a known key" : fmt::format("is not a known key; did you mean `{}`?", meant));
  }

  void value(const Field& field, Node& node, const std::string& path) {
    if (node.unset() || node.broken) return;
    switch (field.shape) {
      case Shape::object:
        return object(node, field.fields, path);
      case Shape::objects:
        return objects(field, node, path);
      case Shape::text_list:
      case Shape::integer_list:
        return list(field, node, path);
      case Shape::process:
        return;  // config::load reads these
      case Shape::later:
        return later(node, path);
      default:
        return scalar(field, node, path);
    }
  }

 private:
  void wrong(const Node& node, const std::string& path, std::string_view message,
             std::string_view example = {}) {
    diagnostics_.add(node.mark, path, message, example);
  }

  void scalar(const Field& field, const Node& node, const std::string& path) {
    if (node.kind != Node::Kind::scalar) return wrong(node, path, "must be a single value", field.example);
    if (field.shape == Shape::secret) return;  // judged when it is resolved
    if (auto problem = text_problem(field, core::trim(node.text))) wrong(node, path, *problem, field.example);
  }

  void list(const Field& field, const Node& node, const std::string& path) {
    if (node.kind != Node::Kind::sequence) return wrong(node, path, "must be a list", field.example);
    for (std::size_t i = 0; i < node.items.size() && !diagnostics_.full(); ++i) {
      const Node& item = node.items[i];
      if (item.broken) continue;
      if (item.unset()) {
        wrong(item, yaml::join_path(path, i), "must not be empty", field.example);
      } else {
        scalar(field, item, yaml::join_path(path, i));
      }
    }
  }

  void objects(const Field& field, Node& node, const std::string& path) {
    if (node.kind == Node::Kind::mapping && !field.keyed_by.empty()) to_list(field, node);
    if (node.kind != Node::Kind::sequence) return wrong(node, path, "must be a list");
    for (std::size_t i = 0; i < node.items.size() && !diagnostics_.full(); ++i) {
      object(node.items[i], field.fields, yaml::join_path(path, i));
    }
  }

  /// `{chat-completions: {timeout: 60s}}` as `[{route: chat-completions, timeout: 60s}]`.
  static void to_list(const Field& field, Node& node) {
    for (yaml::Entry& entry : node.entries) {
      Node key{.kind = Node::Kind::scalar, .mark = entry.mark, .text = entry.key};
      if (entry.value.unset() && !entry.value.broken) {
        entry.value = {.kind = Node::Kind::mapping, .mark = entry.mark};
      }
      if (entry.value.kind == Node::Kind::mapping && entry.value.find(field.keyed_by) == nullptr) {
        entry.value.entries.insert(entry.value.entries.begin(),
                                   {std::string(field.keyed_by), entry.mark, std::move(key)});
      }
      node.items.push_back(std::move(entry.value));
    }
    node.entries.clear();
    node.kind = Node::Kind::sequence;
  }

  void later(const Node& node, const std::string& path) {
    if (node.items.empty() && node.entries.empty() && node.kind != Node::Kind::scalar) return;
    wrong(node, path, "is not supported by this version of the gateway; remove the section");
  }

  yaml::Diagnostics& diagnostics_;
};

}  // namespace

void check(Node& root, const Environment& environment, yaml::Diagnostics& diagnostics) {
  if (root.kind != Node::Kind::mapping) {
    diagnostics.add(root.mark, "", "must be a mapping with keys such as `providers` and `keys`");
    return;
  }
  Checker checker(diagnostics);
  std::vector<std::string_view> known;
  for (const Field& section : sections()) known.push_back(section.key);
  for (yaml::Entry& entry : root.entries) {
    if (diagnostics.full()) return;
    const Field* section = find(sections(), entry.key);
    if (section == nullptr) {
      checker.unknown(entry, known, "");
      continue;
    }
    if (section->shape == Shape::process || section->shape == Shape::later) {
      checker.value(*section, entry.value, entry.key);
      continue;
    }
    yaml::expand(entry.value, environment, entry.key, diagnostics);
    checker.value(*section, entry.value, entry.key);
  }
}

}  // namespace relayna::config::schema
