#include "contract/counters/backend.hpp"

namespace relayna::test {

namespace {

class MemoryBackend final : public CountersBackend {
 public:
  MemoryBackend() { empty(); }
  counters::Counters& counters() override { return *counters_; }
  void empty() override { counters_ = counters::make_memory_counters(clock); }

 private:
  std::shared_ptr<counters::Counters> counters_;
};

class RedisBackend final : public CountersBackend {
 public:
  counters::Counters& counters() override { return *counters_; }
  void empty() override { client_.command({"FLUSHALL"}); }

 private:
  RedisClient client_{loop};
  std::shared_ptr<counters::Counters> counters_ = counters::make_redis_counters(
      loop.shard, client_.link(), {.replica = "here", .prefix = new_prefix(), .clock = &clock});
};

}  // namespace

RedisServer& redis_server() {
  static RedisServer server;
  // Once: several threads may ask, and looking after the process is the first one's.
  static const bool started = [] {
    server.start();
    return true;
  }();
  static_cast<void>(started);
  return server;
}

RedisClient::RedisClient(Loop& loop, counters::RedisLink::Settings settings)
    : loop_(loop),
      connector_(loop.shard, {}),
      link_(loop.shard, connector_, *counters::RedisAddress::parse(redis_server().url()), settings) {
  link_.start();
  if (!loop_.until([this] { return link_.connected(); })) throw std::runtime_error("no connection to Redis");
}

RedisClient::~RedisClient() {
  loop_.run(link_.stop());
}

counters::RedisReply RedisClient::command(const std::vector<std::string>& words) {
  auto reply = loop_.run(link_.command(words));
  if (!reply) throw std::runtime_error(reply.error().describe());
  return std::move(*reply);
}

std::unique_ptr<CountersBackend> make_counters_backend(const std::string& name) {
  if (name == "memory") return std::make_unique<MemoryBackend>();
  return std::make_unique<RedisBackend>();
}

std::string new_prefix() {
  static int made = 0;
  return "test" + std::to_string(++made) + ":";
}

}  // namespace relayna::test
