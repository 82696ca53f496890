#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "relayna/core/ids.hpp"
#include "relayna/core/result.hpp"
#include "relayna/domain/operator.hpp"
#include "relayna/http/message.hpp"
#include "relayna/json/document.hpp"
#include "relayna/net/address.hpp"
#include "relayna/runtime/task.hpp"

#include "control/api/problems.hpp"
#include "control/api/query.hpp"

namespace relayna::control {

/// Who is asking.
struct Caller {
  std::string operator_id;
  std::string name;
  std::vector<std::string> scopes;
  std::string session_id;  ///< empty: by token
  std::string csrf;        ///< what the session's writes must carry; empty: by token
  std::optional<core::SystemTime> session_ends_at;
  bool must_change_password = false;
};

struct Operation;

/// One request to the admin API, as its handler sees it: checked for form and permission, body read.
struct Call {
  const Operation* operation = nullptr;
  Caller caller;
  std::map<std::string, std::string, std::less<>> path;  ///< the captured segments, decoded
  Query query;
  json::Document body;   ///< null: none was sent
  std::string raw_body;  ///< what an idempotent request is recognised by
  Problems problems;     ///< reported with the answer when the handler fails with invalid_request
  std::string request_id;
  std::string ip;
  std::string user_agent;
  std::string if_match;
  std::string if_none_match;
  std::string idempotency_key;
  net::Address address;
  bool tls = false;
  core::SystemTime now{};

  [[nodiscard]] const std::string& at(std::string_view name) const { return path.find(name)->second; }
  /// A new id; UUIDv7 of this moment.
  [[nodiscard]] static std::string new_id();
};

/// What a handler answers.
struct Answer {
  int status = 200;
  json::Document body;                                       ///< null: no body
  std::vector<std::pair<std::string, std::string>> headers;  ///< ETag, Location, Set-Cookie
  /// Members added to the body of this very answer and kept nowhere: a new secret.
  json::Document once;
};

/// A parameter of the query, for documents.
struct Parameter {
  std::string name;
  json::Document schema;
  std::string about;
};

/// One method on one path of the admin API: what it needs, what it does, and what documents say of it.
struct Operation {
  /// Runs on the admin pool and may block on the store.
  using Blocking = std::function<core::Result<Answer>(Call&)>;
  /// Runs on the control shard: streams, and what uses its network.
  using Async =
      std::function<runtime::Task<core::Result<http::Response>>(std::shared_ptr<Call>, runtime::StopSource*)>;

  std::string method;
  std::string path;          ///< `/admin/keys/{id}`
  std::string scope;         ///< empty: any operator
  bool open = false;         ///< without an operator
  bool own_session = false;  ///< also while the password must be changed
  /// Answered while the store is away, to who was recognised shortly before. Its handler is Async and asks
  /// nothing that may be away.
  bool without_store = false;
  std::string id;   ///< `keys.list`; also the action in audit rows
  std::string tag;  ///< heading in documents
  std::string summary;
  std::string about;
  std::vector<Parameter> query;
  json::Document request;   ///< schema of the body; null: takes none
  int status = 200;         ///< of success
  json::Document response;  ///< schema of the answer; null: no body
  std::string response_type = "application/json";
  std::vector<core::ErrorCode> errors;  ///< beyond those every operation may answer
  std::variant<Blocking, Async> run;
};

}  // namespace relayna::control
