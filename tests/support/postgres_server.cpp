#include "support/postgres_server.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <pwd.h>
#include <unistd.h>

namespace relayna::test {

namespace {

namespace fs = std::filesystem;

/// The server refuses to run as root; Debian's package brings this user.
constexpr const char* kUser = "postgres";

std::string make_directory() {
  std::string path = (fs::temp_directory_path() / "relayna-pg-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  if (::geteuid() != 0) return path;
  const passwd* user = ::getpwnam(kUser);
  if (user == nullptr || ::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0)
    throw std::runtime_error("PostgreSQL cannot run as root, and there is no user postgres to run it as");
  return path;
}

std::string next_name() {
  static std::atomic<int> count = 0;
  return "relayna_test_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
}

/// `url` with another database; a query part stays.
std::string with_database(const std::string& url, const std::string& database) {
  const std::size_t query = std::min(url.find('?'), url.size());
  const std::size_t authority = url.find("://") + 3;
  const std::size_t slash = std::min(url.find('/', authority), query);
  return url.substr(0, slash) + '/' + database + url.substr(query);
}

std::string tail_of(const std::string& file) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return text.substr(text.size() - std::min<std::size_t>(text.size(), 2'000));
}

}  // namespace

std::string postgres_program(const std::string& name) {
  std::string best;
  int newest = 0;
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none)) {
    const fs::path program = version.path() / "bin" / name;
    const int number = std::atoi(version.path().filename().c_str());
    if (number <= newest || !fs::exists(program)) continue;
    newest = number;
    best = program.string();
  }
  if (best.empty()) throw std::runtime_error(name + " is not installed (Debian package postgresql)");
  return best;
}

std::string psql(const std::string& url, const std::string& sql) {
  return run({postgres_program("psql"), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align",
              "--set=ON_ERROR_STOP=1", "--dbname=" + url, "--command=" + sql});
}

PostgresServer::PostgresServer() : directory_(make_directory()) {
  run({postgres_program("initdb"), "--pgdata=" + directory_ + "/data", "--auth=trust", "--username=postgres",
       "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"},
      kUser);
}

PostgresServer::~PostgresServer() {
  try {
    stop(StopMode::immediate);
  } catch (const std::exception&) {  // the process object kills it
  }
  process_.reset();
  std::error_code none;
  fs::remove_all(directory_, none);
}

void PostgresServer::start() {
  if (process_ && process_->running()) return;
  // Another program may take a free port first; once it has been used, clients know it.
  const bool fixed = port_ != 0;
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (!fixed) port_ = free_port();
    if (try_start()) return;
  }
  throw std::runtime_error("PostgreSQL does not start: " + tail_of(directory_ + "/log"));
}

bool PostgresServer::try_start() {
  process_ = std::make_unique<Process>(
      Command{postgres_program("postgres"), "-D", directory_ + "/data", "-p", std::to_string(port_), "-k",
              directory_, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "full_page_writes=off",
              "-c", "shared_buffers=32MB", "-c", "max_connections=100", "-c", "log_min_messages=warning"},
      ProcessOptions{.user = kUser, .death_signal = "QUIT", .output = directory_ + "/log"});
  return eventually(
             [this] {
               if (!process_->running()) return true;
               try {
                 run({postgres_program("pg_isready"), "--host=127.0.0.1", "--port=" + std::to_string(port_),
                      "--quiet"});
                 return true;
               } catch (const std::runtime_error&) {
                 return false;
               }
             },
             std::chrono::seconds(60)) &&
         process_->running();
}

void PostgresServer::stop(StopMode mode) {
  if (!process_ || !process_->running()) return;
  if (paused_) resume();
  process_->signal(mode == StopMode::fast ? SIGINT : SIGQUIT);
  process_->wait();
}

void PostgresServer::restart(StopMode mode) {
  stop(mode);
  start();
}

void PostgresServer::pause() {
  process_->signal(SIGSTOP);  // first: it would start new children
  for (const pid_t child : children_of(process_->pid())) ::kill(child, SIGSTOP);
  paused_ = true;
}

void PostgresServer::resume() {
  for (const pid_t child : children_of(process_->pid())) ::kill(child, SIGCONT);
  process_->signal(SIGCONT);
  paused_ = false;
}

std::string PostgresServer::url(const std::string& database) const {
  return "postgres://postgres:correct-horse@127.0.0.1:" + std::to_string(port_) + '/' + database;
}

std::string PostgresServer::socket_url(const std::string& database) const {
  return "postgres:///" + database + "?host=" + directory_ + "&port=" + std::to_string(port_) +
         "&user=postgres";
}

std::string PostgresServer::create_database() {
  const std::string name = next_name();
  psql(url(), "CREATE DATABASE " + name);
  return url(name);
}

FreshDatabase::FreshDatabase() : name_(next_name()) {
  if (const char* given = std::getenv("RELAYNA_TEST_DATABASE_URL"); given != nullptr && *given != '\0') {
    server_ = given;
  } else {
    static PostgresServer own;
    own.start();
    server_ = own.url();
  }
  psql(server_, "CREATE DATABASE " + name_);
  url_ = with_database(server_, name_);
}

FreshDatabase::~FreshDatabase() {
  try {
    psql(server_, "DROP DATABASE " + name_ + " WITH (FORCE)");
  } catch (const std::exception&) {  // the server went first
  }
}

}  // namespace relayna::test
