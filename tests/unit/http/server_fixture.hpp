#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relayna/http/server.hpp"

#include "support/loop.hpp"
#include "unit/http/raw_peer.hpp"

namespace relayna::http {

/// What a handler saw of one request.
struct Seen {
  std::string method;
  std::string target;
  std::string body;
  std::string error;  ///< of the body, its code's name
  Fields fields;
  Peer peer;
};

/// Reads every request whole and answers with its target and body; tests replace `answer` for other shapes.
class RecordingHandler final : public Handler {
 public:
  using Answer = std::function<runtime::Task<Response>(Request)>;

  runtime::Task<Response> handle(Request request) override {
    ++running;
    struct Done {
      RecordingHandler& h;
      ~Done() { --h.running; }
    } done{*this};
    if (answer) co_return co_await answer(std::move(request));
    co_return co_await echo(std::move(request));
  }

  runtime::Task<Response> echo(Request request) {
    Seen one{.method = request.head.method,
             .target = request.head.target,
             .fields = request.head.fields,
             .peer = request.peer};
    for (;;) {
      auto chunk = co_await request.body->next();
      if (!chunk) {
        one.error = chunk.error().info().name;
        seen.push_back(one);
        co_return refuse(one.target, chunk.error());
      }
      if (chunk->end) break;
      one.body.append(chunk->bytes);
    }
    seen.push_back(one);
    co_return text(200, one.target + "|" + one.body);
  }

  Response refuse(std::string_view target, const core::Error& error) override {
    refused.emplace_back(error.info().name);
    refused_targets.emplace_back(target);
    auto response = text(error.info().http_status, std::string("refused ") + std::string(error.info().name));
    response.head.fields.add("x-relayna-error", error.info().name);
    return response;
  }

  static Response text(int status, std::string body) {
    Response response;
    response.head.status = status;
    response.head.fields.add("Content-Type", "text/plain");
    response.body = std::make_unique<StringBody>(std::move(body));
    return response;
  }

  Answer answer;
  std::vector<Seen> seen;
  std::vector<std::string> refused;
  std::vector<std::string> refused_targets;
  int running = 0;
};

/// A stream the test feeds: chunks come when it pushes them.
class PushedBody final : public BodySource {
 public:
  struct Feed {
    std::deque<std::string> chunks;
    bool end = false;
    bool fail = false;
    bool destroyed = false;
    std::size_t pulls = 0;
  };
  PushedBody(runtime::Shard& shard, std::shared_ptr<Feed> feed, runtime::StopSource* stop)
      : shard_(shard), feed_(std::move(feed)), stop_(stop) {}
  ~PushedBody() override { feed_->destroyed = true; }

  runtime::Task<core::Result<Chunk>> next() override {
    ++feed_->pulls;
    while (feed_->chunks.empty() && !feed_->end && !feed_->fail) {
      if (stop_ && stop_->stop_requested()) co_return core::fail(core::ErrorCode::client_closed);
      co_await shard_.sleep(std::chrono::milliseconds(1));
    }
    if (feed_->fail) co_return core::fail(core::ErrorCode::upstream_protocol);
    if (feed_->chunks.empty()) co_return Chunk{.bytes = {}, .end = true};
    current_ = std::move(feed_->chunks.front());
    feed_->chunks.pop_front();
    co_return Chunk{.bytes = current_};
  }

 private:
  runtime::Shard& shard_;
  std::shared_ptr<Feed> feed_;
  runtime::StopSource* stop_;
  std::string current_;
};

/// A server on a loopback port, driven by the test.
class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    settings.bind = net::Endpoint(boost::asio::ip::address_v4::loopback(), 0);
    settings.lingering_close = std::chrono::milliseconds(200);
  }
  ~ServerTest() override { stop(); }

  void start() {
    server = std::make_unique<Server>(loop.shard, settings, handler);
    auto listening = server->listen();
    ASSERT_TRUE(listening) << listening.error().describe();
  }
  void stop() {
    if (!server) return;
    server->stop_accepting();
    server->close_idle();
    server->abort_in_flight();
    loop.run(server->wait_closed());
    server.reset();
    EXPECT_TRUE(loop.until([&] { return loop.shard.tasks().size() == 0; }));
    EXPECT_TRUE(loop.bugs.empty()) << loop.bugs.front();
  }
  test::RawPeer connect(int receive_buffer = 0) {
    return test::RawPeer::connect(server->endpoint().port(), receive_buffer);
  }
  /// Sends on a new connection and returns everything until the server closes it.
  std::string exchange(std::string_view bytes) {
    auto peer = connect();
    EXPECT_TRUE(peer.send(bytes));
    EXPECT_TRUE(loop.until([&] { return peer.has_ended(); })) << peer.received;
    return peer.received;
  }

  test::Loop loop;
  RecordingHandler handler;
  Server::Settings settings;
  std::unique_ptr<Server> server;
};

inline std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; at += what.size()) ++n;
  return n;
}

}  // namespace relayna::http
