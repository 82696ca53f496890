#include "support/redis_server.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

namespace relayna::test {
namespace {

std::string cli(const RedisServer& server, Command words, const std::string& password = {}) {
  Command command{"redis-cli", "-p", std::to_string(server.port())};
  if (!password.empty()) command.insert(command.end(), {"-a", password, "--no-auth-warning"});
  command.insert(command.end(), words.begin(), words.end());
  return run(command);
}

TEST(RedisServer, StartsStopsAndStartsAgainWhereItWas) {
  RedisServer server;
  server.start();
  const int port = server.port();
  EXPECT_EQ(cli(server, {"SET", "key", "value"}), "OK\n");
  server.stop();
  EXPECT_THROW(cli(server, {"PING"}), std::runtime_error);
  server.start();
  EXPECT_EQ(server.port(), port);
  EXPECT_EQ(cli(server, {"GET", "key"}), "\n") << "it keeps nothing";
}

TEST(RedisServer, TakesAPasswordAndSettings) {
  RedisServer server("correct-horse", {"--maxmemory-policy", "allkeys-lru"});
  server.start();
  EXPECT_EQ(cli(server, {"CONFIG", "GET", "maxmemory-policy"}, "correct-horse"),
            "maxmemory-policy\nallkeys-lru\n");
  EXPECT_EQ(run({"redis-cli", "-p", std::to_string(server.port()), "PING"}),
            "NOAUTH Authentication required.\n\n");
}

TEST(RedisServer, HoldsItsBreath) {
  RedisServer server;
  server.start();
  server.pause();
  Process waiting({"redis-cli", "-u", server.url(), "PING"}, {.output = "/dev/null"});
  EXPECT_FALSE(eventually([&] { return !waiting.running(); }, std::chrono::milliseconds(200)));
  server.resume();
  EXPECT_EQ(waiting.wait(), 0);
}

}  // namespace
}  // namespace relayna::test
