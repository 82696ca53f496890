#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "relayna/config/yaml.hpp"
#include "relayna/declare/file.hpp"

// Small steps from a tree that has passed config::schema to plain values. What the schema has already
// reported is read as unset here, so that nothing is reported twice.
namespace relayna::declare {

using config::yaml::Diagnostics;
using config::yaml::Mark;
using config::yaml::Node;

/// The trimmed text of a scalar; empty when unset.
std::string text_at(const Node& object, std::string_view key);
bool boolean_at(const Node& object, std::string_view key, bool otherwise);
std::optional<std::int64_t> integer_at(const Node& object, std::string_view key);
std::optional<std::chrono::milliseconds> duration_at(const Node& object, std::string_view key);
std::optional<core::SystemTime> time_at(const Node& object, std::string_view key);
/// Where `key` stands, or the object when it is not there.
Mark mark_at(const Node& object, std::string_view key);
/// The objects of a section; none when it is unset or not a list.
const std::vector<Node>& objects_of(const Node& root, std::string_view section);

/// What everyone who reads a part of the file needs.
struct Context {
  const config::Environment& environment;
  Diagnostics& diagnostics;

  void problem(Mark at, const std::string& path, std::string_view message,
               std::string_view example = {}) const {
    diagnostics.add(at, path, message, example);
  }
};

/// Names that must be unique, with the line of the first.
class UniqueNames {
 public:
  /// Reports a second use of `name`. Empty names have been reported as missing.
  void add(const Context& context, const std::string& name, Mark at, const std::string& path);

 private:
  std::map<std::string, int> lines_;
};

/// A name of at most 120 bytes without control characters.
void check_name(const Context& context, const std::string& name, Mark at, const std::string& path);

void read_providers(const Context& context, const Node& root, File& file);
void read_models(const Context& context, const Node& root, File& file);
void read_routes(const Context& context, const Node& root, File& file);
void read_projects(const Context& context, const Node& root, File& file);
void read_keys(const Context& context, const Node& root, File& file);
void read_layers(const Context& context, const Node& root, File& file);
void read_limits(const Context& context, const Node& root, File& file);
void read_prices(const Context& context, const Node& root, File& file);
/// The fields of a policy in `object` over those of `preset` (empty: a neutral one).
domain::Policy read_policy(const Context& context, const Node& object, const std::string& path,
                           const std::string& preset);
/// What leads nowhere.
void check_references(const Context& context, const Node& root, const File& file);

}  // namespace relayna::declare
