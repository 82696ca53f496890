#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/core/time.hpp"
#include "relayna/domain/catalog_objects.hpp"
#include "relayna/domain/retention.hpp"
#include "relayna/http/client.hpp"
#include "relayna/http/message.hpp"
#include "relayna/identity/keyring.hpp"
#include "relayna/json/document.hpp"
#include "relayna/ledger/budget_watch.hpp"
#include "relayna/ledger/limit_use.hpp"
#include "relayna/pipeline/health.hpp"
#include "relayna/pipeline/pipeline.hpp"
#include "relayna/pipeline/shard_report.hpp"
#include "relayna/runtime/offload.hpp"
#include "relayna/runtime/shard.hpp"
#include "relayna/store/store.hpp"
#include "relayna/telemetry/metrics.hpp"

namespace relayna::control {

/// The admin API (`/admin/…`): what operators see and change. Ready once the store is; runs on shard 0, its
/// blocking work on a pool of its own, so that reports never keep keys from being looked up.
class Admin {
 public:
  /// How upstreams are reached from the control shard, as the proxy's shards reach them.
  struct Network {
    runtime::Shard& shard;
    runtime::OffloadPool& pool;
    net::Connector& connector;
    http::Client& client;
    net::SsrfPolicy ssrf;
  };
  /// Relayna Studio as the environment describes it; empty: it does not.
  struct Studio {
    std::string base_url;
    core::Secret token;
  };
  /// A process setting as this process has it.
  struct ProcessSetting {
    std::string name;      ///< the environment variable, or the file's key
    std::string file_key;  ///< empty: not in the file
    std::string group;     ///< `listeners`
    std::string group_title;
    std::string about;
    std::string source;       ///< flag | environment | file | default
    bool secret = false;      ///< neither value is told
    bool configured = false;  ///< it has a value
    json::Document value;     ///< null: unset or secret
    json::Document default_value;
  };
  /// Everything outlives the API.
  struct Parts {
    runtime::Shard& shard;
    runtime::OffloadPool& pool;
    store::Store& store;
    const identity::Keyring& keyring;
    telemetry::Metrics& metrics;
    const pipeline::Health& health;
    const pipeline::About& about;
    const Network& network;
    const pipeline::RequestFeed& finished;  ///< of all shards
    ledger::LimitUse& use;                  ///< of this shard
    const pipeline::ShardReports& shards;
    ledger::BudgetWatch& budgets;  ///< of all shards
    pipeline::Pipeline& pipeline;  ///< this shard's; not used any more after `drain`
    std::string base_path = "/";   ///< prefix a reverse proxy serves the control listener under
    bool tls = false;              ///< the control listener itself has TLS
    std::vector<domain::Provider> environment_providers;  ///< those that exist without a row
    Studio studio;
    std::string log_level;                         ///< the filter the process started with
    domain::Retention retention;                   ///< as configured; what operators save goes before it
    std::vector<ProcessSetting> process_settings;  ///< those of a group stand together
  };
  explicit Admin(Parts parts);
  ~Admin();

  /// `path` (below the listener's base path; starts with `/admin/`) and `query` are as received.
  runtime::Task<http::Response> handle(http::Request request, std::string path, std::string query);
  /// What goes on beside the requests: tells webhooks of alerts. Until `stop`.
  runtime::Task<void> run(runtime::StopSource* stop);
  /// Rows of this kind have changed (store::Change::kind). Any thread.
  void changed(std::string_view kind);
  /// Before the pipeline goes: what operators send through it ends.
  runtime::Task<void> drain();
  /// The OpenAPI 3.1 document, as /admin/openapi.json serves it and docs/openapi.json keeps it.
  [[nodiscard]] std::string openapi() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace relayna::control
