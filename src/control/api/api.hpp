#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/http/message.hpp"
#include "relayna/runtime/offload.hpp"
#include "relayna/runtime/shard.hpp"
#include "relayna/telemetry/metrics.hpp"

#include "control/api/operation.hpp"

namespace relayna::control {

/// Recognises who sent a request by its head. Blocks. Errors: 401, 403 for a missing CSRF field, 429 when
/// there were too many attempts.
using Authenticate = std::function<core::Result<Caller>(const http::Fields& fields, const Call& call)>;
/// Who has sent the like lately, without asking anybody; nullopt: nobody. Never blocks.
using Recall = std::function<std::optional<Caller>(const http::Fields& fields)>;
/// The operations of the admin API: finds the one a request means, checks who asks, reads what is sent and
/// writes what is answered. Built before it serves; then for the control shard.
class Api {
 public:
  struct Parts {
    runtime::Shard& shard;
    runtime::OffloadPool& pool;  ///< blocking handlers run here
    telemetry::Metrics& metrics;
    Authenticate authenticate;
    Recall recall;
    std::function<bool()> store_answers;  ///< as far as is known already
  };
  explicit Api(Parts parts);
  ~Api();

  /// Throws std::logic_error when method and path are taken: a bug met by every test.
  void add(Operation operation);
  /// A schema operations refer to by `reference(name)`.
  void add_schema(std::string name, json::Document schema);

  /// `path` (without the listener's base path) and `query` as received.
  runtime::Task<http::Response> handle(http::Request request, std::string path, std::string query);

  [[nodiscard]] const std::vector<std::unique_ptr<Operation>>& operations() const noexcept {
    return operations_;
  }
  [[nodiscard]] const json::Document& schemas() const noexcept { return schemas_; }

 private:
  struct Match;
  [[nodiscard]] Match match(std::string_view method, std::string_view path) const;
  runtime::Task<http::Response> serve(http::Request& request, std::shared_ptr<Call> call);
  void count(const Operation& operation, int status, core::Duration took);
  core::Result<void> admit(Call& call, const http::Fields& fields) const;
  runtime::Task<core::Result<void>> admit_without_store(std::shared_ptr<Call> call, http::Fields fields);

  Parts parts_;
  std::vector<std::unique_ptr<Operation>> operations_;
  json::Document schemas_ = json::Document::object();
};

/// `{"$ref": "#/components/schemas/<name>"}`
json::Document reference(std::string_view name);

/// The control listener's answers (contract section 9). Every answer forbids caching and sniffing.
http::Response plain_answer(int status, const std::string& request_id);
http::Response json_answer(int status, const json::Document& body, const std::string& request_id);
http::Response write_answer(Answer answer, const Call& call);
http::Response error_answer(const core::Error& error, const std::string& request_id,
                            const Problems* problems = nullptr);

}  // namespace relayna::control
