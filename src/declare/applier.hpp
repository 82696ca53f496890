#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/ids.hpp"
#include "relayna/declare/apply.hpp"

namespace relayna::declare {

inline constexpr std::string_view kManagedByFile = "file";

/// One run of `apply`. Each step compares what is stored with what is declared and writes the difference.
class Applier {
 public:
  Applier(const File& file, store::Store& store, const Sealing& sealing, core::SystemTime now)
      : file_(file), store_(store), sealing_(sealing), now_(now) {}
  core::Result<Report> run();

 private:
  using Done = core::Result<void>;
  enum class Change : std::uint8_t { created, updated, unchanged, disabled };

  Done load();
  Done apply_teams();
  Done apply_projects();
  Done apply_providers();
  Done apply_provider(const domain::Provider& declared);
  Done apply_models();
  Done apply_routes();
  Done apply_layers();
  /// Those of keys come after the keys, whose ids they need.
  Done apply_layers_of_keys();
  Done apply_layers_where(bool of_keys);
  Done apply_limits();
  Done apply_limits_of_keys();
  Done apply_limits_where(bool of_keys);
  Done apply_limit(const DeclaredLimit& declared);
  Done apply_prices();
  Done apply_keys();
  Done apply_key(const DeclaredKey& declared);
  Done create_key(const DeclaredKey& declared);
  Done load_keys();
  Done update_key(const domain::VirtualKey& stored, const DeclaredKey& declared);
  /// Disables what an earlier file declared and this one does not.
  Done retire_upstreams();
  Done retire_owners();
  Done retire_layers();
  Done retire_limits();
  Done retire_prices();
  Done retire_keys();
  Done retire_routes();
  /// Keeps `value` under `name`; nothing is written when it is there already.
  Done put_record(std::string_view name, const std::string& value);

  void note(Change change, std::string object);
  /// The declared fields on top of `key`, but for its secret.
  void fill(domain::VirtualKey& key, const DeclaredKey& declared) const;
  /// The stored key the declaration means: by name, else the one of this file that was renamed.
  [[nodiscard]] const domain::VirtualKey* stored_key(const DeclaredKey& declared) const;
  /// Another key that has, or had, this secret; empty when there is none.
  [[nodiscard]] std::string secret_taken(const core::Digest& hash, const std::string& except_id) const;
  [[nodiscard]] bool declares_key(const std::string& name) const;
  [[nodiscard]] std::string project_id(const std::string& name) const;
  [[nodiscard]] std::string team_id(const std::string& name) const;
  [[nodiscard]] std::string key_id(const std::string& name) const;
  [[nodiscard]] std::string scope_id(const DeclaredLayer& layer) const;
  [[nodiscard]] std::string target_id(const DeclaredLimit& limit) const;
  [[nodiscard]] std::string new_id() { return ids_.uuid7().str(); }
  /// `done` with the object's name in front of the message.
  static Done named(Done done, std::string_view object);

  const File& file_;
  store::Store& store_;
  const Sealing& sealing_;
  const core::SystemTime now_;
  const store::Actor actor_{std::string(kManagedByFile)};
  core::IdGenerator ids_;
  store::CatalogRows rows_;
  std::vector<domain::VirtualKey> keys_;
  Report report_;
};

}  // namespace relayna::declare
