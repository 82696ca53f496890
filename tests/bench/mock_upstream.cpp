// An LLM provider that costs as little as possible: one thread, epoll, fixed answers. Every request gets a 1
// kB chat completion, or, when its body asks for a stream, server-sent events whose number and interval the
// request's headers `x-mock-deltas` and `x-mock-interval-ms` (or the command line) choose. Usage:
// bench_mock_upstream PORT [deltas [interval-ms]]

#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <queue>
#include <unordered_map>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.hpp"

namespace {

using bench::Clock;

std::string json_answer() {
  std::string text;
  while (text.size() < 560) text += "The quick brown fox jumps over the lazy dog. ";
  std::string body =
      R"({"id":"chatcmpl-mock0000000000000000000001","object":"chat.completion","created":1795000000,"model":"gpt-4o-mini",)"
      R"("choices":[{"index":0,"message":{"role":"assistant","content":")" +
      text +
      R"(","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":140,)"
      R"("total_tokens":159,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,)"
      R"("audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_mock"})";
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-upstream: mock\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string chunk(std::string_view frame) {
  std::array<char, 16> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", frame.size());
  return std::string(size.data()).append(frame).append("\r\n");
}

std::string frame(std::string_view choices, std::string_view usage = "null") {
  return chunk(
      std::string(
          R"(data: {"id":"chatcmpl-mock0000000000000000000002","object":"chat.completion.chunk","created":1795000000,)"
          R"("model":"gpt-4o-mini","service_tier":"default","system_fingerprint":"fp_mock","choices":)")
          .append(choices)
          .append(R"(,"usage":)")
          .append(usage)
          .append("}\n\n"));
}

/// The bytes of every answer, made once. X-Accel-Buffering keeps nginx from holding a stream back.
struct Answers {
  std::string json = json_answer();
  std::string stream_head =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
      "X-Accel-Buffering: no\r\nx-upstream: mock\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string first = frame(
      R"([{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}])");
  std::string delta =
      frame(R"([{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null}])");
  std::string last = frame(R"([{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}])") +
                     frame("[]", R"({"prompt_tokens":19,"completion_tokens":64,"total_tokens":83})") +
                     chunk("data: [DONE]\n\n") + "0\r\n\r\n";
};

class Server {
 public:
  Server(std::int64_t deltas, std::int64_t interval_ms) : deltas_(deltas), interval_ms_(interval_ms) {}

  int run(std::uint16_t port) {
    if (!listen_on(port)) return 1;
    std::printf("listening on 127.0.0.1:%u\n", port);
    std::fflush(stdout);
    std::array<epoll_event, 512> events{};
    for (;;) {
      int n = epoll_wait(epoll_, events.data(), events.size(), until_next_delta());
      for (int i = 0; i < n; ++i) {
        int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener_) {
          accept_all();
        } else {
          serve(fd);
        }
      }
      send_due_deltas();
    }
  }

 private:
  struct Connection {
    std::uint64_t id = 0;
    std::string in;
    std::string out;  ///< what the socket did not take yet
    std::optional<bench::BodyEnd> body;
    std::string tail;  ///< end of the body's previous piece, so that a mark split in two is still found
    bool wants_stream = false;
    std::int64_t deltas_left = -1;  ///< -1: not streaming
    std::int64_t deltas = 0;
    std::int64_t interval_ms = 0;
  };
  struct Due {
    Clock::time_point at;
    int fd;
    std::uint64_t id;
    bool operator<(const Due& other) const { return at > other.at; }
  };

  bool listen_on(std::uint16_t port) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener_, 4096) != 0) {
      std::perror("listen");
      return false;
    }
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    watch(listener_, EPOLLIN, EPOLL_CTL_ADD);
    return true;
  }

  void watch(int fd, std::uint32_t what, int operation) const {
    epoll_event event{};
    event.events = what;
    event.data.fd = fd;
    epoll_ctl(epoll_, operation, fd, &event);
  }

  void accept_all() {
    for (;;) {
      int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections_[fd].id = ++last_id_;
      watch(fd, EPOLLIN, EPOLL_CTL_ADD);
    }
  }

  void drop(int fd) {
    close(fd);
    connections_.erase(fd);
  }

  void serve(int fd) {
    auto found = connections_.find(fd);
    if (found == connections_.end()) return;
    Connection& c = found->second;
    for (;;) {
      auto n = recv(fd, buffer_.data(), buffer_.size(), 0);
      if (n == 0 || (n < 0 && errno != EAGAIN)) return drop(fd);
      if (n < 0) break;
      if (!consume(fd, c, {buffer_.data(), static_cast<std::size_t>(n)})) return drop(fd);
      if (static_cast<std::size_t>(n) < buffer_.size()) break;
    }
    if (!c.out.empty() && !flush(fd, c)) drop(fd);
  }

  bool consume(int fd, Connection& c, std::string_view bytes) {
    while (!bytes.empty() || c.body) {
      if (!c.body) {
        c.in.append(bytes);
        bytes = {};
        auto end = c.in.find("\r\n\r\n");
        if (end == std::string::npos) return true;
        begin_request(c, std::string_view(c.in).substr(0, end + 2));
        held_.assign(c.in, end + 4);
        c.in.clear();
        bytes = held_;
      }
      std::string_view rest = bytes;
      bool complete = c.body->feed(rest);
      look_for_stream(c, bytes.substr(0, bytes.size() - rest.size()));
      bytes = rest;
      if (!complete) return true;
      c.body.reset();
      if (!answer(fd, c)) return false;
    }
    return true;
  }

  void begin_request(Connection& c, std::string_view head) const {
    c.body.emplace(head);
    c.wants_stream = false;
    c.tail.clear();
    c.deltas = bench::to_number(bench::header(head, "x-mock-deltas"), deltas_);
    c.interval_ms = bench::to_number(bench::header(head, "x-mock-interval-ms"), interval_ms_);
  }

  static void look_for_stream(Connection& c, std::string_view piece) {
    constexpr std::size_t kLongest = sizeof R"("stream": true)";
    if (c.wants_stream || piece.empty()) return;
    auto has = [](std::string_view text) {
      return text.find(R"("stream":true)") != std::string_view::npos ||
             text.find(R"("stream": true)") != std::string_view::npos;
    };
    c.tail.append(piece.substr(0, kLongest));
    c.wants_stream = has(piece) || has(c.tail);
    c.tail.assign(piece.substr(piece.size() > kLongest ? piece.size() - kLongest : 0));
  }

  bool answer(int fd, Connection& c) {
    if (!c.wants_stream) return send_bytes(fd, c, answers_.json);
    c.deltas_left = c.deltas;
    if (c.interval_ms == 0) {
      std::string all = answers_.stream_head + answers_.first;
      for (; c.deltas_left > 0; --c.deltas_left) all += answers_.delta;
      c.deltas_left = -1;
      return send_bytes(fd, c, all + answers_.last);
    }
    due_.push({Clock::now() + std::chrono::milliseconds(c.interval_ms), fd, c.id});
    return send_bytes(fd, c, answers_.stream_head + answers_.first);
  }

  bool send_bytes(int fd, Connection& c, std::string_view bytes) {
    if (c.out.empty()) {
      auto n = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN) return false;
      if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
      if (bytes.empty()) return true;
      watch(fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    }
    c.out.append(bytes);
    return true;
  }

  bool flush(int fd, Connection& c) const {
    auto n = send(fd, c.out.data(), c.out.size(), MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN;
    c.out.erase(0, static_cast<std::size_t>(n));
    if (c.out.empty()) watch(fd, EPOLLIN, EPOLL_CTL_MOD);
    return true;
  }

  int until_next_delta() const {
    if (due_.empty()) return -1;
    auto wait = std::chrono::ceil<std::chrono::milliseconds>(due_.top().at - Clock::now()).count();
    return static_cast<int>(std::max<std::int64_t>(wait, 0));
  }

  void send_due_deltas() {
    auto now = Clock::now();
    while (!due_.empty() && due_.top().at <= now) {
      auto [at, fd, id] = due_.top();
      due_.pop();
      auto found = connections_.find(fd);
      if (found == connections_.end() || found->second.id != id || found->second.deltas_left < 0) continue;
      Connection& c = found->second;
      bool more = c.deltas_left-- > 0;
      if (!send_bytes(fd, c, more ? answers_.delta : answers_.last)) {
        drop(fd);
      } else if (more) {
        due_.push({at + std::chrono::milliseconds(c.interval_ms), fd, id});
      }
    }
  }

  std::int64_t deltas_;
  std::int64_t interval_ms_;
  Answers answers_;
  int listener_ = -1;
  int epoll_ = -1;
  std::uint64_t last_id_ = 0;
  std::unordered_map<int, Connection> connections_;
  std::priority_queue<Due> due_;
  std::string held_;
  std::vector<char> buffer_ = std::vector<char>(256 * 1024);
};

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  bench::raise_descriptor_limit();
  auto argument = [&](int index, std::int64_t otherwise) {
    return index < argc ? bench::to_number(argv[index], otherwise) : otherwise;
  };
  return Server(argument(2, 64), argument(3, 0)).run(static_cast<std::uint16_t>(argument(1, 9090)));
}
