// Load of chat streams: keeps --concurrency streams open at once, each with a prompt of --prompt-bytes, and
// measures the time to the first event. Either --total streams one after the other on kept connections, or
// (--hold) opens them once and keeps them open until its standard input ends. Prints one JSON object; with
// --hold also the line `holding` once all are open.

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include <sys/epoll.h>

#include "transport.hpp"
#include "wire.hpp"

namespace {

using bench::Clock;
using bench::Io;

struct Options {
  std::uint16_t port = 8080;
  std::string path = "/v1/chat/completions";
  std::string key = "none";
  std::string model = "gpt-4o-mini";
  std::string headers;  ///< more header lines, each with its line end
  std::int64_t concurrency = 1;
  std::int64_t total = 1;
  std::int64_t prompt_bytes = 100;
  std::int64_t opening_at_once = 64;  ///< --hold: how many may wait for their first event at a time
  bool tls = false;
  bool hold = false;
};

std::optional<Options> parse(int argc, char** argv) {
  Options o;
  for (int i = 1; i < argc; ++i) {
    std::string_view name = argv[i];
    if (name == "--tls") {
      o.tls = true;
      continue;
    }
    if (name == "--hold") {
      o.hold = true;
      continue;
    }
    if (++i == argc) return std::nullopt;
    std::string_view value = argv[i];
    if (name == "--port")
      o.port = static_cast<std::uint16_t>(bench::to_number(value, 0));
    else if (name == "--path")
      o.path = value;
    else if (name == "--key")
      o.key = value;
    else if (name == "--model")
      o.model = value;
    else if (name == "--header")
      o.headers.append(value).append("\r\n");
    else if (name == "--concurrency")
      o.concurrency = bench::to_number(value, 1);
    else if (name == "--total")
      o.total = bench::to_number(value, 1);
    else if (name == "--prompt-bytes")
      o.prompt_bytes = bench::to_number(value, 100);
    else
      return std::nullopt;
  }
  if (o.hold) o.total = o.concurrency;
  return o;
}

std::string make_request(const Options& o) {
  std::string prompt;
  while (std::ssize(prompt) < o.prompt_bytes) prompt += "Tell me about the weather in the mountains. ";
  prompt.resize(static_cast<std::size_t>(o.prompt_bytes));
  std::string body = R"({"model":")" + o.model + R"(","stream":true,"messages":[{"role":"user","content":")" +
                     prompt + R"("}]})";
  return "POST " + o.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + o.key +
         "\r\nContent-Type: application/json\r\n" + o.headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// One connection: sends the request, reads its stream to the end, again while there are streams left to do.
struct Stream {
  bench::Transport transport;
  std::size_t sent = 0;
  std::string head;
  std::optional<bench::BodyEnd> body;
  Clock::time_point began;
  bool first_seen = false;
  bool failed = false;
  bool open = false;
};

class Load {
 public:
  explicit Load(Options options) : o_(std::move(options)), request_(make_request(o_)), left_(o_.total) {
    if (o_.tls)
      tls_ = SSL_CTX_new(TLS_client_method());  // no verification: the certificate is the benchmark's own
  }

  int run() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    streams_.resize(static_cast<std::size_t>(o_.concurrency));
    auto began = Clock::now();
    while (next_ < streams_.size() && !opening_is_full()) open_next();
    std::array<epoll_event, 512> events{};
    while (finished_ < o_.total && !(o_.hold && opened_ + failed_ == o_.total)) {
      int n = epoll_wait(epoll_, events.data(), events.size(), 30'000);
      if (n <= 0) break;
      for (int i = 0; i < n; ++i) step(events[static_cast<std::size_t>(i)].data.u32);
    }
    auto seconds = std::chrono::duration<double>(Clock::now() - began).count();
    report(seconds);
    if (o_.hold) keep_open();
    return failed_ == 0 && (o_.hold ? opened_ : finished_) == o_.total ? 0 : 1;
  }

 private:
  bool opening_is_full() const { return o_.hold && opening_ >= o_.opening_at_once; }

  void open_next() {
    auto index = next_++;
    streams_[index] = std::make_unique<Stream>();
    connect(index);
  }

  void connect(std::size_t index) {
    Stream& s = *streams_[index];
    if (!s.transport.connect(o_.port, tls_)) return fail(index);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.u32 = static_cast<std::uint32_t>(index);
    epoll_ctl(epoll_, EPOLL_CTL_ADD, s.transport.fd(), &event);
    begin(s);
    step(index);
  }

  void begin(Stream& s) {
    if (left_ == 0) {
      s.transport.close();
      return;
    }
    --left_;
    ++opening_;
    s.sent = 0;
    s.head.clear();
    s.body.reset();
    s.first_seen = false;
    s.open = true;
    s.began = Clock::now();
  }

  void step(std::size_t index) {
    Stream& s = *streams_[index];
    while (s.open && s.sent < request_.size()) {
      std::size_t n = 0;
      auto result = s.transport.write(std::string_view(request_).substr(s.sent), n);
      if (result == Io::closed) return fail(index);
      if (result != Io::done) break;
      s.sent += n;
    }
    while (s.open) {
      std::size_t n = 0;
      auto result = s.transport.read(buffer_.data(), buffer_.size(), n);
      if (result == Io::closed) return fail(index);
      if (result != Io::done) return;
      if (!consume(index, {buffer_.data(), n})) return;
    }
  }

  /// False when the stream is over and the connection may have begun another.
  bool consume(std::size_t index, std::string_view bytes) {
    Stream& s = *streams_[index];
    std::string rest;
    if (!s.body) {
      s.head.append(bytes);
      auto end = s.head.find("\r\n\r\n");
      if (end == std::string::npos) return true;
      if (!s.head.starts_with("HTTP/1.1 200")) {
        if (failed_ == 0) std::fprintf(stderr, "%s\n", s.head.c_str());
        fail(index);
        return false;
      }
      s.body.emplace(std::string_view(s.head).substr(0, end + 2));
      rest = s.head.substr(end + 4);
      s.head.clear();
      bytes = rest;
    }
    if (!s.first_seen && bytes.find("data:") != std::string_view::npos) first_event(s);
    if (bytes.empty() || !s.body->feed(bytes)) return true;
    ++finished_;
    s.open = false;
    begin(s);
    if (s.open) step(index);
    return false;
  }

  void first_event(Stream& s) {
    s.first_seen = true;
    first_us_.push_back(std::chrono::duration<double, std::micro>(Clock::now() - s.began).count());
    ++opened_;
    --opening_;
    if (next_ < streams_.size() && !opening_is_full()) open_next();
  }

  void fail(std::size_t index) {
    Stream& s = *streams_[index];
    s.transport.close();
    if (!s.open) return;
    s.open = false;
    ++failed_;
    ++finished_;
    if (!s.first_seen) --opening_;
    if (next_ < streams_.size())
      open_next();
    else if (left_ > 0)
      connect(index);
  }

  void report(double seconds) {
    std::sort(first_us_.begin(), first_us_.end());
    auto at = [&](double share) {
      return first_us_.empty()
                 ? 0.0
                 : first_us_[static_cast<std::size_t>(share * static_cast<double>(first_us_.size() - 1))];
    };
    std::printf(
        R"({"streams":%lld,"failed":%lld,"seconds":%.3f,"first_event_us":{"p50":%.1f,"p90":%.1f,"p99":%.1f,"max":%.1f}})"
        "\n",
        static_cast<long long>(o_.hold ? opened_ : finished_ - failed_), static_cast<long long>(failed_),
        seconds, at(0.5), at(0.9), at(0.99), at(1.0));
    if (o_.hold) std::printf("holding\n");
    std::fflush(stdout);
  }

  /// Reads whatever arrives, so that nobody's buffers fill up, until standard input ends.
  void keep_open() {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = UINT32_MAX;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    std::array<epoll_event, 512> events{};
    std::int64_t broken = 0;
    for (;;) {
      int n = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < n; ++i) {
        auto index = events[static_cast<std::size_t>(i)].data.u32;
        if (index == UINT32_MAX) {
          if (::read(STDIN_FILENO, buffer_.data(), 1) > 0) continue;
          std::printf(R"({"broken_while_held":%lld})"
                      "\n",
                      static_cast<long long>(broken));
          return;
        }
        Stream& s = *streams_[index];
        std::size_t got = 0;
        Io result = Io::done;
        while (s.open && result == Io::done) result = s.transport.read(buffer_.data(), buffer_.size(), got);
        if (s.open && result == Io::closed) {
          ++broken;
          s.open = false;
          s.transport.close();
        }
      }
    }
  }

  Options o_;
  std::string request_;
  std::int64_t left_;
  SSL_CTX* tls_ = nullptr;
  int epoll_ = -1;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::size_t next_ = 0;
  std::int64_t opening_ = 0, opened_ = 0, finished_ = 0, failed_ = 0;
  std::vector<double> first_us_;
  std::vector<char> buffer_ = std::vector<char>(64 * 1024);
};

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  bench::raise_descriptor_limit();
  auto options = parse(argc, argv);
  if (!options) {
    std::fprintf(stderr,
                 "usage: bench_sse_client --port N [--path P] [--key K] [--model M] [--header 'a: b']… "
                 "[--concurrency N]\n"
                 "                        [--total N] [--prompt-bytes N] [--tls] [--hold]\n");
    return 2;
  }
  return Load(std::move(*options)).run();
}
