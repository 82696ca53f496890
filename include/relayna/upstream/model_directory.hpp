#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "relayna/catalog/snapshot.hpp"
#include "relayna/dialect/dialect.hpp"
#include "relayna/http/client.hpp"
#include "relayna/runtime/shard.hpp"

namespace relayna::upstream {

/// A model somebody could call, and through which provider.
struct ListedModel {
  dialect::ModelEntry entry;
  const domain::Provider* provider = nullptr;
};

/// What GET /v1/models can list: declared models, plus what each provider lists itself (asked at most once a
/// minute, 5 s each, all in turn; a provider that does not answer is left out and asked again after 5 s). One
/// shard.
class ModelDirectory {
 public:
  ModelDirectory(runtime::Shard& shard, http::Client& client);
  ~ModelDirectory();
  /// Sorted by id, one entry per id. The pointers are into `snapshot`.
  runtime::Task<std::vector<ListedModel>> list(catalog::SnapshotPtr snapshot, runtime::StopSource* stop);
  /// Whether providers of this kind say what they offer.
  static bool lists(domain::ProviderKind kind) noexcept;
  /// Asks one provider now, without the cache.
  runtime::Task<core::Result<std::vector<dialect::ModelEntry>>> ask(const domain::Provider& provider,
                                                                    runtime::StopSource* stop);

 private:
  struct Cached {
    std::vector<dialect::ModelEntry> models;
    core::TimePoint good_until{};
    std::int64_t revision = -1;
  };
  runtime::Shard& shard_;
  http::Client& client_;
  std::map<std::string, Cached> cache_;
};

}  // namespace relayna::upstream
