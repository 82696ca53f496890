#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/config/settings.hpp"
#include "relayna/core/secret.hpp"
#include "relayna/domain/catalog_objects.hpp"
#include "relayna/domain/limit_rules.hpp"
#include "relayna/domain/policy.hpp"
#include "relayna/domain/prices.hpp"

namespace relayna::declare {

struct DeclaredProject {
  std::string name;
  std::string team;  ///< name; empty: none
};

struct DeclaredKey {
  std::string name;
  std::string project;                   ///< name; empty: an individual key
  core::Secret secret;                   ///< empty: the key keeps the one it has
  std::chrono::milliseconds overlap{0};  ///< how long the old secret still works after a change
  bool disabled = false;
  std::optional<core::SystemTime> expires_at;
  std::optional<core::SystemTime> rotation_due_at;
  domain::Policy policy;
};

struct DeclaredLayer {
  domain::LayerKind kind = domain::LayerKind::global;
  std::string scope;  ///< a name of project, team or key; a route label; a model; empty for global
  domain::Policy policy;
};

struct DeclaredLimit {
  std::string name;
  domain::LimitScope scope = domain::LimitScope::global;
  std::string target;  ///< a name of key, project or team, or an end user; empty: each
  std::string model;   ///< pattern; empty: all
  domain::LimitSet limits;
  bool soft = false;
};

/// What a declarative file declares (contract 3.2), checked: names are unique, references lead somewhere,
/// secrets are resolved.
struct File {
  std::string path;
  std::string revision;  ///< SHA-256 of the content, in hex
  std::vector<std::string> teams;
  std::vector<DeclaredProject> projects;
  std::vector<domain::Provider> providers;  ///< without ids; `credential` in plain
  std::vector<domain::Model> models;
  std::vector<domain::RouteSettings> routes;
  std::vector<DeclaredLayer> layers;
  std::vector<DeclaredKey> keys;
  std::vector<DeclaredLimit> limits;
  std::vector<domain::Price> prices;
};

/// `file` is worth something only while `problems` is empty. Process settings (`server`, …) are judged by
/// config::load, and by validate_file.
struct Reading {
  File file;
  std::vector<config::Problem> problems;
};

/// Reads and judges everything; never throws, reports every problem at once.
Reading read_file(const std::string& path, const config::Environment& environment);
/// The same for a text; `path` is what problems call it.
Reading read(std::string_view text, const std::string& path, const config::Environment& environment);

}  // namespace relayna::declare
