#include "app/application.hpp"

#include <algorithm>

#include <sys/resource.h>
#include <unistd.h>

#include "relayna/app/version.hpp"
#include "relayna/telemetry/log.hpp"

namespace relayna::app {

namespace {

/// Every connection is a descriptor: take what the hard limit gives.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

/// Blocking work: SQL and large scans. SQLite has one writer; PostgreSQL gets one thread per pooled
/// connection.
std::size_t offload_threads(const config::Settings& settings) {
  return settings.embedded ? 2 : 4;
}

/// Reports may take long: with threads of their own they never keep a key from being looked up.
constexpr std::size_t kAdminThreads = 2;

std::vector<std::unique_ptr<runtime::Shard>> make_shards(const config::Settings& settings,
                                                         runtime::OffloadPool& offload) {
  std::vector<std::unique_ptr<runtime::Shard>> shards;
  for (unsigned i = 0; i < std::max(1U, settings.threads); ++i)
    shards.push_back(std::make_unique<runtime::Shard>(i, offload));
  return shards;
}

control::Handler::Settings control_settings(const config::Settings& settings) {
  return {settings.control_base_path, settings.readiness == "serving"};
}

}  // namespace

Application::Application(config::Settings settings, std::vector<config::SettingInForce> told,
                         std::unique_ptr<store::Store> store)
    : settings_(std::move(settings)),
      told_settings_(std::move(told)),
      store_(std::move(store)),
      admission_(settings_.max_buffered_requests, settings_.max_inflight_buffer_bytes),
      finished_(std::max(1U, settings_.threads)),
      reports_(std::max(1U, settings_.threads)),
      offload_(offload_threads(settings_), "relayna-offload"),
      admin_pool_(kAdminThreads, "relayna-admin"),
      shards_(make_shards(settings_, offload_)),
      main_(*shards_.front()),
      tasks_(main_.executor()),
      control_handler_(main_, health_, about_, metrics_, control_settings(settings_)) {
  about_.version = version();
  about_.environment = settings_.environment;
  about_.host = host_name();
  about_.pid = ::getpid();
  about_.started = main_.clock().now();
  metrics_
      .gauge("gateway_build_info", "Always 1; the labels say what runs.",
             {{"version", std::string(version())}, {"environment", settings_.environment}})
      .set(1);
  auto bugs = metrics_.counter("gateway_bugs_total", "Failures that should not happen; each is logged.");
  for (auto& shard : shards_) shard->set_bug_observer([bugs](const std::string&) { bugs.add(); });
}

Application::~Application() = default;

int Application::run() {
  raise_descriptor_limit();
  signals_ = std::make_unique<runtime::Signals>(main_, [this](int signal) { on_signal(signal); });
  for (auto step : {&Application::open_state_folder, &Application::listen_control}) {
    if (auto done = (this->*step)(); !done) {
      telemetry::log("app")->error("{}", done.error().describe());
      return 1;
    }
  }
  for (std::size_t i = 1; i < shards_.size(); ++i) {
    auto* shard = shards_[i].get();
    threads_.emplace_back([shard] { shard->run(); });
  }
  tasks_.spawn(bring_up());
  main_.run();
  for (auto& thread : threads_) thread.join();
  offload_.stop();
  admin_pool_.stop();
  // stop() left the handlers of the last tasks queued, and some waited for blocking work that has only ended
  // now: let them end before what they belong to goes away.
  main_.io().restart();
  main_.io().poll();
  return exit_code_;
}

runtime::Task<void> Application::on_each_shard(std::function<void(ShardParts&)> fn) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    auto* parts = parts_[i].get();
    auto call = fn;
    co_await runtime::offload(*shards_[i], [parts, call] {
      call(*parts);
      return true;
    });
  }
}

void Application::tell_each_shard(const std::function<void(ShardParts&)>& fn) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    // The place, not what is in it now: a shard that is drained has given its parts up before this runs.
    shards_[i]->post([place = &parts_[i], fn] {
      if (*place != nullptr) fn(**place);
    });
  }
}

runtime::Task<std::size_t> Application::open_connections() {
  std::size_t all = 0;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    auto* parts = parts_[i].get();
    all += co_await runtime::offload(*shards_[i], [parts] { return parts->server().stats().connections; });
  }
  co_return all;
}

}  // namespace relayna::app
