#include "support/redis_server.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace relayna::test {

namespace fs = std::filesystem;

RedisServer::RedisServer(std::string password, Command settings)
    : password_(std::move(password)),
      settings_(std::move(settings)),
      directory_((fs::temp_directory_path() / "relayna-redis-XXXXXX").string()) {
  if (::mkdtemp(directory_.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
}

RedisServer::~RedisServer() {
  process_.reset();
  std::error_code none;
  fs::remove_all(directory_, none);
}

void RedisServer::start() {
  if (process_ && process_->running()) return;
  // Another program may take a free port first; once it has been used, clients know it.
  const bool fixed = port_ != 0;
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (!fixed) port_ = free_port();
    Command command{"redis-server",
                    "--port",
                    std::to_string(port_),
                    "--bind",
                    "127.0.0.1",
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                    "--dir",
                    directory_,
                    "--daemonize",
                    "no"};
    if (!password_.empty()) command.insert(command.end(), {"--requirepass", password_});
    command.insert(command.end(), settings_.begin(), settings_.end());
    process_ = std::make_unique<Process>(command, ProcessOptions{.output = directory_ + "/log"});
    eventually([this] { return !process_->running() || answers(); });
    if (process_->running()) return;
    if (process_->wait() == 127)
      throw std::runtime_error("redis-server is not installed (Debian package redis-server)");
  }
  throw std::runtime_error("redis-server does not start");
}

bool RedisServer::answers() const {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  // Even a refusal for want of a password is an answer.
  char first = 0;
  const bool ok = fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                  ::send(fd, "PING\r\n", 6, MSG_NOSIGNAL) == 6 && ::recv(fd, &first, 1, 0) == 1;
  if (fd >= 0) ::close(fd);
  return ok && (first == '+' || first == '-');
}

void RedisServer::stop() {
  process_.reset();
}

void RedisServer::restart() {
  stop();
  start();
}

void RedisServer::pause() {
  process_->signal(SIGSTOP);
}
void RedisServer::resume() {
  process_->signal(SIGCONT);
}

std::string RedisServer::url() const {
  return "redis://" + (password_.empty() ? std::string() : ":" + password_ + "@") +
         "127.0.0.1:" + std::to_string(port_);
}

}  // namespace relayna::test
