#include <boost/asio/ip/address.hpp>

#include "control/api/changes.hpp"
#include "control/live/playground.hpp"
#include "control/live/playground_request.hpp"

namespace relayna::control {

namespace {

struct With {
  store::Store& store;
  runtime::Shard& shard;
  runtime::OffloadPool& pool;
  Playground& playground;
};

/// The key, once the audit log says that it is about to be used. Blocks.
core::Result<domain::VirtualKey> take_key(store::Store& store, const Call& call,
                                          const PlaygroundRequest& wanted) {
  auto key = store.keys().get(wanted.key_id);
  if (!key) {
    if (key.error().code != core::ErrorCode::not_found) return key;
    return core::fail(core::ErrorCode::not_found, "There is no virtual key with this id.");
  }
  const std::string path = wanted.head.target.substr(0, wanted.head.target.find('?'));
  Note note{"playground.use", "keys", wanted.key_id, {}, {{"method", wanted.head.method}, {"path", path}}};
  if (auto recorded = record(store.administration(), call, note); !recorded)
    return std::unexpected(std::move(recorded.error()));
  return key;
}

runtime::Task<core::Result<http::Response>> play(With with, std::shared_ptr<Call> call,
                                                 runtime::StopSource* stop) {
  auto wanted = read_playground_request(*call);
  if (!wanted) co_return std::unexpected(std::move(wanted.error()));
  auto request = std::make_shared<PlaygroundRequest>(std::move(*wanted));
  auto key = co_await runtime::offload(
      with.pool, [&store = with.store, call, request] { return take_key(store, *call, *request); });
  if (!key) co_return std::unexpected(std::move(key.error()));

  http::Request sent;
  sent.head = std::move(request->head);
  sent.body = request->body.empty() ? http::empty_body()
                                    : std::make_unique<http::StringBody>(std::move(request->body));
  boost::system::error_code ignored;
  sent.peer.address = boost::asio::ip::make_address(call->ip, ignored);
  sent.peer.tls = call->tls;
  sent.received = with.shard.clock().now();
  auto response = co_await with.playground.run(std::move(sent),
                                               identity::known_key(std::move(*key), sent.received), stop);
  if (!response) co_return std::unexpected(std::move(response.error()));
  response->head.fields.set("Cache-Control", "no-store");
  response->head.fields.set("X-Content-Type-Options", "nosniff");
  // A 401 of this answer is about the key, not about the operator.
  response->head.fields.set("x-relayna-playground", "true");
  co_return std::move(*response);
}

}  // namespace

void add_playground(Api& api, store::Store& store, runtime::Shard& shard, runtime::OffloadPool& pool,
                    Playground& playground) {
  Operation made;
  made.method = "POST";
  made.path = "/admin/playground";
  made.scope = "playground:use";
  made.id = "playground.use";
  made.tag = "Playground";
  made.summary = "Send a request as a virtual key";
  made.about =
      "The answer is what the proxy listener would give the key: its status, headers and body, streamed, "
      "with "
      "`x-relayna-playground: true`. Policy, limits and usage are the key's; the usage event has the tags "
      "`playground` and `operator:<id>`. The audit log says who used which key, not what was sent.";
  made.request = playground_request_schema();
  made.response = {{"description", "What the proxy listener answers."}};
  made.errors = {core::ErrorCode::not_found, core::ErrorCode::shutting_down};
  made.run = Operation::Async(
      [with = With{store, shard, pool, playground}](std::shared_ptr<Call> call, runtime::StopSource* stop) {
        return play(with, std::move(call), stop);
      });
  api.add(std::move(made));
}

}  // namespace relayna::control
