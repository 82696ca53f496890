#include "control/api/api.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"
#include "relayna/domain/scopes.hpp"
#include "relayna/identity/sessions.hpp"
#include "relayna/runtime/waiter.hpp"
#include "relayna/telemetry/log.hpp"

#include "control/api/query_check.hpp"
#include "control/api/request_body.hpp"

namespace relayna::control {

namespace {

constexpr std::size_t kMostIdempotencyKey = 255;
/// How long who must be answered without the store waits for it.
constexpr std::chrono::milliseconds kStorePatience{800};

/// The next segment of a path, taken off its front; nullopt at the end.
std::optional<std::string_view> take_segment(std::string_view& path) {
  if (path.empty()) return std::nullopt;
  path.remove_prefix(1);  // the slash
  const auto end = std::min(path.find('/'), path.size());
  const auto segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

/// Whether `path` (as received) has the form of `pattern`; captures `{name}` segments, decoded: names may
/// hold an encoded slash.
bool fits(std::string_view pattern, std::string_view path,
          std::map<std::string, std::string, std::less<>>& captured) {
  captured.clear();
  while (true) {
    const auto expected = take_segment(pattern);
    const auto given = take_segment(path);
    if (!expected || !given) return !expected && !given;
    if (expected->starts_with('{')) {
      auto value = core::percent_decode(*given);
      if (!value || value->empty() || !core::valid_utf8(*value)) return false;
      captured.emplace(expected->substr(1, expected->size() - 2), std::move(*value));
    } else if (*expected != *given) {
      return false;
    }
  }
}

/// How much of a pattern is fixed: `/admin/keys/bulk` goes before `/admin/keys/{id}`.
std::size_t captures(std::string_view pattern) {
  return static_cast<std::size_t>(std::ranges::count(pattern, '{'));
}

runtime::Task<core::Result<std::string>> read_all(http::BodySource& body) {
  std::string all;
  while (true) {
    auto chunk = co_await body.next();
    if (!chunk) co_return std::unexpected(std::move(chunk.error()));
    all.append(chunk->bytes);
    if (chunk->end) co_return all;
  }
}

/// Whether it is asked rightly, before anything is done. What is wrong with parameters is told by who reads
/// them, together with the values it refuses; an operation without parameters reads none.
core::Result<void> read_request(Call& call, std::string_view content_type) {
  check_query(call);
  if (!call.problems.empty() && call.operation->query.empty()) return std::unexpected(call.problems.error());
  return read_body(call, content_type);
}

core::Result<void> let_in(Call& call, Caller caller) {
  call.caller = std::move(caller);
  if (call.operation->scope.empty()) return {};
  return domain::require_scope(call.caller.scopes, call.operation->scope);
}

/// `database is away` says nothing to somebody who patches a key; the code does. All else is the store's own.
http::Response failed(const core::Error& error, const Call& call) {
  if (error.info().severity == core::Severity::error) {
    telemetry::log("control")->error("{} {}: {}", call.operation->method, call.operation->path,
                                     error.describe());
  }
  return error_answer(error, call.request_id, &call.problems);
}

}  // namespace

std::string Call::new_id() {
  thread_local core::IdGenerator ids;
  return ids.uuid7().str();
}

Api::Api(Parts parts) : parts_(std::move(parts)) {}
Api::~Api() = default;

void Api::add(Operation operation) {
  for (const auto& known : operations_) {
    if (known->method == operation.method && known->path == operation.path) {
      throw std::logic_error(operation.method + " " + operation.path + " stands twice");
    }
  }
  operations_.push_back(std::make_unique<Operation>(std::move(operation)));
}

void Api::add_schema(std::string name, json::Document schema) {
  schemas_[std::move(name)] = std::move(schema);
}

struct Api::Match {
  const Operation* operation = nullptr;
  std::map<std::string, std::string, std::less<>> path;
  std::string allowed;  ///< methods of this path, when none is the request's
};

Api::Match Api::match(std::string_view method, std::string_view path) const {
  Match best;
  std::map<std::string, std::string, std::less<>> captured;
  std::size_t fewest = std::string_view::npos;
  for (const auto& operation : operations_) {
    if (!fits(operation->path, path, captured) || captures(operation->path) > fewest) continue;
    if (captures(operation->path) < fewest) best = {};
    fewest = captures(operation->path);
    if (operation->method == method) {
      best.operation = operation.get();
      best.path = captured;
    } else {
      best.allowed.append(best.allowed.empty() ? "" : ", ").append(operation->method);
    }
  }
  return best;
}

core::Result<void> Api::admit(Call& call, const http::Fields& fields) const {
  if (call.operation->open) return {};
  auto caller = parts_.authenticate(fields, call);
  if (!caller) return std::unexpected(std::move(caller.error()));
  return let_in(call, std::move(*caller));
}

/// Asks the store who it is, and memory when that does not answer soon. The store may be waited for by
/// threads for seconds more, so they work on a copy.
runtime::Task<core::Result<void>> Api::admit_without_store(std::shared_ptr<Call> call, http::Fields fields) {
  struct Asked {
    Asked(runtime::Shard& shard, const Call& call) : call(call), answered(shard) {}
    Call call;
    core::Result<void> admitted = core::fail(core::ErrorCode::store_unavailable);
    runtime::Waiter answered;
  };
  const auto from_memory = [&]() -> core::Result<void> {
    auto known = parts_.recall(fields);
    if (!known) return core::fail(core::ErrorCode::store_unavailable);
    return let_in(*call, std::move(*known));
  };
  if (!parts_.store_answers()) co_return from_memory();
  auto* shard = &parts_.shard;
  auto asked = std::make_shared<Asked>(*shard, *call);
  parts_.pool.submit([this, shard, asked, fields]() mutable {
    auto admitted = admit(asked->call, fields);
    shard->post([asked = std::move(asked), admitted = std::move(admitted)]() mutable {
      asked->admitted = std::move(admitted);
      asked->answered.notify();
    });
  });
  const auto outcome = co_await asked->answered.wait(core::Deadline::in(shard->clock(), kStorePatience));
  const bool answered = outcome == runtime::Waiter::Outcome::notified;
  if (answered && asked->admitted) call->caller = asked->call.caller;
  if (answered && (asked->admitted || asked->admitted.error().code != core::ErrorCode::store_unavailable))
    co_return asked->admitted;
  co_return from_memory();
}

runtime::Task<http::Response> Api::handle(http::Request request, std::string path, std::string query) {
  auto call = std::make_shared<Call>();
  call->request_id = parts_.shard.ids().uuid7().str();
  auto found = match(request.head.method, path);
  if (found.operation == nullptr) {
    if (found.allowed.empty()) {
      co_return error_answer(core::Error(core::ErrorCode::not_found, "There is no " + path + "."),
                             call->request_id);
    }
    auto response = error_answer(
        core::Error(core::ErrorCode::method_not_allowed, "Use " + found.allowed + "."), call->request_id);
    response.head.fields.add("Allow", found.allowed);
    co_return response;
  }
  call->operation = found.operation;
  call->path = std::move(found.path);
  call->query = Query::parse(query, call->problems);
  const auto began = parts_.shard.clock().now();
  auto response = co_await serve(request, call);
  const auto spent = parts_.shard.clock().now() - began;
  count(*call->operation, response.head.status, spent);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(spent);
  telemetry::log("control")->info(
      "{} {} {} by {} in {} ms, request {}", request.head.method, call->operation->path, response.head.status,
      call->caller.name.empty() ? "nobody" : call->caller.name, took.count(), call->request_id);
  co_return response;
}

void Api::count(const Operation& operation, int status, core::Duration took) {
  const std::string status_class = std::to_string(status / 100) + "xx";
  parts_.metrics
      .counter("gateway_admin_requests_total", "Requests to the admin API, by operation and status class.",
               {{"operation", operation.id}, {"status_class", status_class}})
      .add();
  parts_.metrics
      .histogram("gateway_admin_request_seconds",
                 "Time until the admin API's answer was there, by operation; streams go on after that.",
                 {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}, {{"operation", operation.id}})
      .observe(std::chrono::duration<double>(took).count());
}

runtime::Task<http::Response> Api::serve(http::Request& request, std::shared_ptr<Call> call) {
  const auto header = [&](std::string_view name) { return std::string(request.head.fields.get(name)); };
  call->now = parts_.shard.clock().wall();
  call->address = request.peer.address;
  call->ip = call->address.to_string();
  call->tls = request.peer.tls;
  call->user_agent = identity::plain_text(request.head.fields.get("User-Agent"));
  call->if_match = header("If-Match");
  call->if_none_match = header("If-None-Match");
  call->idempotency_key = header("Idempotency-Key");
  if (call->idempotency_key.size() > kMostIdempotencyKey) {
    co_return failed(
        core::Error(core::ErrorCode::invalid_request,
                    fmt::format("Idempotency-Key has at most {} characters.", kMostIdempotencyKey))
            .with_param("Idempotency-Key"),
        *call);
  }
  auto body = co_await read_all(*request.body);
  if (!body) co_return failed(body.error(), *call);
  call->raw_body = std::move(*body);

  // Who asks comes before what is wrong with the question.
  auto prepare = [this, call, fields = request.head.fields,
                  type = header("Content-Type")]() -> core::Result<void> {
    if (auto admitted = admit(*call, fields); !admitted) return admitted;
    return read_request(*call, type);
  };
  if (const auto* async = std::get_if<Operation::Async>(&call->operation->run)) {
    core::Result<void> ready;
    if (call->operation->without_store) {
      ready = co_await admit_without_store(call, request.head.fields);
      if (ready) ready = read_request(*call, header("Content-Type"));
    } else {
      ready = co_await runtime::offload(parts_.pool, prepare);
    }
    if (!ready) co_return failed(ready.error(), *call);
    auto answer = co_await (*async)(call, request.stop);
    if (!answer) co_return failed(answer.error(), *call);
    co_return std::move(*answer);
  }
  auto answer = co_await runtime::offload(parts_.pool, [prepare, call]() -> core::Result<Answer> {
    if (auto ready = prepare(); !ready) return std::unexpected(std::move(ready.error()));
    return std::get<Operation::Blocking>(call->operation->run)(*call);
  });
  if (!answer) co_return failed(answer.error(), *call);
  co_return write_answer(std::move(*answer), *call);
}

}  // namespace relayna::control
