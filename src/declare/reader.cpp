#include "declare/reader.hpp"

#include <fmt/format.h>

#include "relayna/config/schema.hpp"
#include "relayna/config/values.hpp"
#include "relayna/core/crypto.hpp"
#include "relayna/core/encoding.hpp"

namespace relayna::declare {

using std::chrono::milliseconds;

std::string text_at(const Node& object, std::string_view key) {
  const Node* node = object.find(key);
  if (node == nullptr || node->kind != Node::Kind::scalar || node->broken) return {};
  return std::string(core::trim(node->text));
}

bool boolean_at(const Node& object, std::string_view key, bool otherwise) {
  return config::parse_boolean(text_at(object, key)).value_or(otherwise);
}

std::optional<std::int64_t> integer_at(const Node& object, std::string_view key) {
  const auto value = config::parse_integer(text_at(object, key), 0, std::numeric_limits<std::int64_t>::max());
  if (!value) return std::nullopt;
  return *value;
}

std::optional<milliseconds> duration_at(const Node& object, std::string_view key) {
  const auto value = config::parse_duration(text_at(object, key), milliseconds(0));
  if (!value) return std::nullopt;
  return *value;
}

std::optional<core::SystemTime> time_at(const Node& object, std::string_view key) {
  return core::parse_rfc3339(text_at(object, key));
}

Mark mark_at(const Node& object, std::string_view key) {
  const Node* node = object.find(key);
  return node == nullptr ? object.mark : node->mark;
}

const std::vector<Node>& objects_of(const Node& root, std::string_view section) {
  static const std::vector<Node> kNone;
  const Node* node = root.find(section);
  return node == nullptr ? kNone : node->items;
}

void UniqueNames::add(const Context& context, const std::string& name, Mark at, const std::string& path) {
  if (name.empty()) return;
  const auto [first, added] = lines_.emplace(name, at.line);
  if (!added) context.problem(at, path, fmt::format("is the same as in line {}", first->second));
}

void check_name(const Context& context, const std::string& name, Mark at, const std::string& path) {
  constexpr std::size_t kLongest = 120;
  if (name.size() > kLongest) context.problem(at, path, fmt::format("is longer than {} bytes", kLongest));
}

Reading read(std::string_view text, const std::string& path, const config::Environment& environment) {
  Reading reading;
  reading.file.path = path;
  reading.file.revision = core::to_hex(core::sha256(text));
  Diagnostics diagnostics(path);
  if (auto root = config::yaml::parse(text, diagnostics)) {
    config::schema::check(*root, environment, diagnostics);
    const Context context{environment, diagnostics};
    read_providers(context, *root, reading.file);
    read_models(context, *root, reading.file);
    read_routes(context, *root, reading.file);
    read_projects(context, *root, reading.file);
    read_keys(context, *root, reading.file);
    read_layers(context, *root, reading.file);
    read_limits(context, *root, reading.file);
    read_prices(context, *root, reading.file);
    check_references(context, *root, reading.file);
  }
  reading.problems = diagnostics.problems();
  return reading;
}

Reading read_file(const std::string& path, const config::Environment& environment) {
  const config::yaml::FileText text = config::yaml::read_text(path, config::yaml::kMaxFileBytes);
  if (text.problem.empty()) return read(text.bytes, path, environment);
  Reading reading;
  reading.file.path = path;
  reading.problems.push_back({path, text.problem});
  return reading;
}

}  // namespace relayna::declare
