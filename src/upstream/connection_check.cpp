#include "relayna/upstream/connection_check.hpp"

#include <fmt/format.h>

namespace relayna::upstream {

namespace {

constexpr std::chrono::seconds kConnectTimeout{5};

std::string reason(const core::Error& error) {
  std::string text(error.public_message());
  if (!error.detail.empty()) text += " - " + error.detail;
  return text;
}

/// Times one step after the other.
class Steps {
 public:
  explicit Steps(const core::Clock& clock) : clock_(clock), began_(clock.now()) {}
  void ok(std::string name, std::string found) { add(std::move(name), true, std::move(found)); }
  void failed(std::string name, const core::Error& error) { add(std::move(name), false, reason(error)); }
  void not_tried(std::string name, std::string why) { add(std::move(name), std::nullopt, std::move(why)); }
  std::vector<CheckStep> take() { return std::move(made_); }

 private:
  void add(std::string name, std::optional<bool> ok, std::string message) {
    const auto now = clock_.now();
    made_.push_back({std::move(name), ok, std::move(message), now - began_});
    began_ = now;
  }
  const core::Clock& clock_;
  core::TimePoint began_;
  std::vector<CheckStep> made_;
};

}  // namespace

runtime::Task<std::vector<CheckStep>> check_connection(runtime::Shard& shard, net::Connector& connector,
                                                       ModelDirectory& models, domain::Provider provider,
                                                       runtime::StopSource* stop) {
  Steps steps(shard.clock());
  if (provider.kind == domain::ProviderKind::echo) {
    steps.ok("address", "built in");
    co_return steps.take();
  }
  auto base = net::BaseUrl::parse(provider.base_url);
  if (!base) {
    steps.failed("address", base.error());
    co_return steps.take();
  }
  steps.ok("address", base->origin.str() + base->path);
  {
    auto stream =
        co_await connector.connect(base->origin, core::Deadline::in(shard.clock(), kConnectTimeout), stop);
    if (!stream) {
      steps.failed("connection", stream.error());
      co_return steps.take();
    }
  }
  steps.ok("connection", base->origin.tls ? "name, TCP and TLS" : "name and TCP");
  if (!ModelDirectory::lists(provider.kind)) {
    steps.not_tried("credential", "not tried for this kind");
    co_return steps.take();
  }
  auto listed = co_await models.ask(provider, stop);
  if (listed) {
    steps.ok("models", fmt::format("{} listed{}", listed->size(),
                                   provider.credential.empty() ? "" : ", the credential is taken"));
  } else {
    steps.failed("models", listed.error());
  }
  co_return steps.take();
}

}  // namespace relayna::upstream
