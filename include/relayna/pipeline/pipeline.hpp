#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "relayna/catalog/view.hpp"
#include "relayna/core/crypto.hpp"
#include "relayna/core/secret.hpp"
#include "relayna/http/message.hpp"
#include "relayna/http/path.hpp"
#include "relayna/identity/key_cache.hpp"
#include "relayna/ledger/ledger.hpp"
#include "relayna/pipeline/body_admission.hpp"
#include "relayna/pipeline/request_feed.hpp"
#include "relayna/runtime/shard.hpp"
#include "relayna/runtime/stop.hpp"
#include "relayna/runtime/task_group.hpp"
#include "relayna/telemetry/access_log.hpp"
#include "relayna/telemetry/metrics.hpp"
#include "relayna/upstream/dispatcher.hpp"
#include "relayna/upstream/model_directory.hpp"

namespace relayna::pipeline {

struct Settings {
  std::uint64_t max_request_body_bytes = 33'554'432;  ///< also of a decoded body
  core::Secret worker_token;      ///< who may set x-relayna-task-id and -run-id; empty: nobody
  bool log_message_body = false;  ///< triage only
};

/// What one shard's pipeline works with; everything outlives it.
struct Parts {
  runtime::Shard& shard;
  const catalog::View& catalog;
  identity::KeyCache& keys;
  core::Hmac& hasher;  ///< under the pepper
  upstream::Dispatcher& upstream;
  upstream::ModelDirectory& models;
  ledger::Ledger& ledger;
  telemetry::AccessLog& access_log;
  telemetry::Metrics& metrics;
  BodyAdmission& admission;
  /// Answers that are read to their end although their clients have left; `stop_drains` ends them.
  runtime::TaskGroup& drains;
  runtime::StopSource& stop_drains;
  RequestRing& finished;  ///< this shard's
};

class Probe;
class PolicyCache;
class PriceMemo;

/// The nine steps a request goes through (contract section 5); `pipeline.cpp` reads as that list. One shard.
class Pipeline {
 public:
  Pipeline(Parts parts, Settings settings);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// Serves one request from its identification to the answer; settling happens when the answer's body ends
  /// or is dropped.
  /// `caller`, when given, is who it is made for, and the request's own credentials are not looked at:
  /// for operators who act as a key. Everything else holds as it does for the key itself.
  runtime::Task<http::Response> run(http::Request request, identity::CachedKeyPtr caller = nullptr);
  /// An answer to something that never became a request, in the error shape its path suggests.
  http::Response refuse(std::string_view target, const core::Error& error);
  /// Never change; any thread.
  [[nodiscard]] const Settings& settings() const noexcept { return settings_; }

 private:
  Parts parts_;
  Settings settings_;
  std::unique_ptr<Probe> probe_;
  std::unique_ptr<PolicyCache> policies_;
  std::unique_ptr<PriceMemo> prices_;
  dialect::RequestReader reader_;
};

}  // namespace relayna::pipeline
