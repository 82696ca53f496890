#include "support/process.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace relayna::test {

namespace {

/// setpriv becomes another user, if asked to, and arranges for the signal at its parent's death; then it
/// becomes the command, under the same process id.
Command with_setpriv(const Command& command, const ProcessOptions& options) {
  Command full{"setpriv", "--pdeathsig", options.death_signal};
  if (!options.user.empty() && ::geteuid() == 0)
    full.insert(full.end(), {"--reuid=" + options.user, "--regid=" + options.user, "--clear-groups"});
  full.push_back("--");
  full.insert(full.end(), command.begin(), command.end());
  return full;
}

/// posix_spawn, because forking a process under AddressSanitizer takes a tenth of a second.
pid_t spawn(const Command& command, const std::string& output) {
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (!output.empty()) {
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_CREAT | O_APPEND | O_WRONLY,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  }
  pid_t pid = -1;
  const int problem = ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) throw std::runtime_error("cannot run " + command[0] + ": " + std::strerror(problem));
  return pid;
}

std::string text_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

Process::Process(const Command& command, const ProcessOptions& options)
    : pid_(spawn(with_setpriv(command, options), options.output)) {}

Process::~Process() {
  if (!running()) return;
  signal(SIGKILL);
  reap(0);
}

bool Process::reap(int flags) {
  while (!ended_) {
    const pid_t done = ::waitpid(pid_, &status_, flags);
    if (done < 0 && errno == EINTR) continue;
    if (done == 0) return false;
    ended_ = true;
  }
  return true;
}

bool Process::running() {
  return !reap(WNOHANG);
}

void Process::signal(int number) const {
  if (!ended_) ::kill(pid_, number);
}

int Process::wait(std::chrono::seconds limit) {
  if (!eventually([this] { return !running(); }, limit)) throw std::runtime_error("a process does not end");
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
}

std::string run(const Command& command, const std::string& user) {
  std::string output = (std::filesystem::temp_directory_path() / "relayna-run-XXXXXX").string();
  const int made = ::mkstemp(output.data());
  if (made < 0) throw std::runtime_error("mkstemp failed");
  ::close(made);
  int code = 0;
  std::string text;
  try {
    Process process(command, {.user = user, .output = output});
    code = process.wait();
    text = text_of(output);
  } catch (...) {
    ::unlink(output.c_str());
    throw;
  }
  ::unlink(output.c_str());
  if (code == 127) throw std::runtime_error(command[0] + " is not installed");
  if (code != 0) throw std::runtime_error(command[0] + " failed with " + std::to_string(code) + ": " + text);
  return text;
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    // "pid (name) state ppid …"; the name may hold anything, so count from its end.
    const std::string stat = text_of(entry.path().string() + "/stat");
    const std::size_t end = stat.rfind(')');
    if (end == std::string::npos || end + 4 >= stat.size()) continue;
    if (std::atoi(stat.c_str() + end + 4) == parent) children.push_back(std::atoi(name.c_str()));
  }
  return children;
}

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool ok = fd >= 0 && ::bind(fd, generic, length) == 0 && ::getsockname(fd, generic, &length) == 0;
  ::close(fd);
  if (!ok) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace relayna::test
