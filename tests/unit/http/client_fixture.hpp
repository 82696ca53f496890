#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relayna/http/client.hpp"

#include "support/loop.hpp"
#include "unit/http/raw_peer.hpp"

namespace relayna::http {

/// One call of the client and what came of it.
struct Call {
  std::string method = "POST";
  std::string target = "/v1/x";
  Fields fields;
  std::vector<std::string> body;
  bool has_body = true;
  ClientTimeouts timeouts;
  runtime::StopSource stop;

  std::optional<core::Result<ClientResponse>> answer;  ///< once the head is here
  std::string received;
  std::optional<core::Error> body_error;
  bool sent = false;
  bool done = false;
  bool keep_body = false;  ///< leave the body unread

  [[nodiscard]] std::string error() const {
    if (answer && !*answer) return std::string(answer->error().info().name);
    if (body_error) return std::string(body_error->info().name);
    return {};
  }
  [[nodiscard]] int status() const { return answer && *answer ? (*answer)->head.status : 0; }
};

inline runtime::Task<void> run_call(Client* client, net::Origin origin, Call* call) {
  std::vector<std::string_view> pieces(call->body.begin(), call->body.end());
  const ClientRequest request{.method = call->method,
                              .target = call->target,
                              .fields = &call->fields,
                              .body = pieces,
                              .has_body = call->has_body,
                              .sent = &call->sent};
  call->answer.emplace(co_await client->send(origin, request, call->timeouts, &call->stop));
  if (*call->answer && !call->keep_body) {
    auto& body = (*call->answer)->body;
    for (;;) {
      auto chunk = co_await body->next();
      if (!chunk) {
        call->body_error = chunk.error();
        break;
      }
      if (chunk->end) break;
      call->received.append(chunk->bytes);
    }
    body.reset();
  }
  call->done = true;
}

/// A client and an upstream that does what the test says, byte by byte.
class ClientTest : public ::testing::Test {
 protected:
  ClientTest() : client(std::in_place, loop.shard, connector, Client::Settings{}) {}
  ~ClientTest() override {
    client.reset();
    EXPECT_TRUE(loop.until([&] { return loop.shard.tasks().size() == 0; }));
    EXPECT_TRUE(loop.bugs.empty());
  }

  [[nodiscard]] net::Origin origin() const { return {false, "127.0.0.1", upstream.port}; }
  void start(Call& call) { loop.shard.tasks().spawn(run_call(&*client, origin(), &call)); }
  /// Takes the next connection of the client.
  void accept(test::RawPeer& peer) {
    ASSERT_TRUE(loop.until([&] { return upstream.accept(peer); })) << "no connection";
  }
  void expect_request(test::RawPeer& peer, std::string_view ending = "\r\n\r\n") {
    ASSERT_TRUE(loop.until([&] {
      peer.pump();
      return peer.received.ends_with(ending);
    })) << peer.received;
  }
  void finish(Call& call) {
    ASSERT_TRUE(loop.until([&] { return call.done; }));
  }
  /// One exchange with a keep-alive answer; the connection goes back to the pool.
  void warm_up(test::RawPeer& peer) {
    Call call;
    start(call);
    accept(peer);
    expect_request(peer);
    ASSERT_TRUE(peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    finish(call);
    ASSERT_EQ(call.received, "ok");
    ASSERT_EQ(client->stats().idle, 1U);
    peer.received.clear();
  }
  /// What a call makes of an answer on a fresh connection, which then ends if `close`.
  void answer_with(Call& call, std::string_view bytes, bool close) {
    start(call);
    accept(peer_);
    expect_request(peer_);
    ASSERT_TRUE(peer_.send(bytes));
    if (close) peer_.close();
    finish(call);
  }

  test::Loop loop;
  net::Connector connector{loop.shard, {}};
  test::RawListener upstream;
  std::optional<Client> client;
  test::RawPeer peer_;
};

}  // namespace relayna::http
