// A reverse proxy that does nothing but proxy: the cost of the server and the client of relayna_http
// together, to be measured with wrk against the same upstream as nginx.
//
//   http_proxy_bench <listen port> <upstream port>
//
// CPU per request: the process's user and system time (printed at the end, on SIGINT or SIGTERM) over the
// requests served.
#include <cstdio>
#include <cstdlib>

#include <boost/asio/signal_set.hpp>
#include <sys/resource.h>

#include "relayna/http/client.hpp"
#include "relayna/http/server.hpp"

namespace {

using namespace relayna;

class Proxy final : public http::Handler {
 public:
  Proxy(http::Client& client, std::uint16_t port) : client_(client), origin_{false, "127.0.0.1", port} {}

  runtime::Task<http::Response> handle(http::Request request) override {
    ++served;
    std::string body;
    for (;;) {
      auto chunk = co_await request.body->next();
      if (!chunk) co_return refuse(request.head.target, chunk.error());
      if (chunk->end) break;
      body.append(chunk->bytes);
    }
    const std::string_view pieces[] = {body};
    http::ClientRequest out{.method = request.head.method,
                            .target = request.head.target,
                            .fields = &request.head.fields,
                            .body = pieces,
                            .has_body = !body.empty()};
    auto answer = co_await client_.send(origin_, out, http::ClientTimeouts{}, request.stop);
    if (!answer) co_return refuse(request.head.target, answer.error());
    http::Response response;
    response.head = std::move(answer->head);
    response.body = std::move(answer->body);
    co_return response;
  }

  http::Response refuse(std::string_view, const core::Error& error) override {
    http::Response response;
    response.head.status = error.info().http_status;
    response.body = std::make_unique<http::StringBody>(error.describe() + "\n");
    return response;
  }

  std::uint64_t served = 0;

 private:
  http::Client& client_;
  net::Origin origin_;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s <listen port> <upstream port>\n", argv[0]);
    return 2;
  }
  runtime::OffloadPool offload(1, "offload");
  runtime::Shard shard(0, offload);
  net::Connector connector(shard, {});
  http::Client client(shard, connector, {});
  Proxy proxy(client, static_cast<std::uint16_t>(std::atoi(argv[2])));
  http::Server::Settings settings;
  settings.bind = {boost::asio::ip::make_address("127.0.0.1"),
                   static_cast<std::uint16_t>(std::atoi(argv[1]))};
  http::Server server(shard, std::move(settings), proxy);
  if (auto listening = server.listen(); !listening) {
    std::fprintf(stderr, "%s\n", listening.error().describe().c_str());
    return 1;
  }
  boost::asio::signal_set signals(shard.io(), SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) { shard.stop(); });
  const double before = cpu_seconds();
  shard.run();
  std::printf("%llu requests, %.2f us CPU each, %llu connects\n",
              static_cast<unsigned long long>(proxy.served),
              (cpu_seconds() - before) * 1e6 / static_cast<double>(std::max<std::uint64_t>(proxy.served, 1)),
              static_cast<unsigned long long>(client.stats().connects));
  std::fflush(stdout);
  std::_Exit(0);  // connections are open and their tasks running: the measurement is over, not the server
}
