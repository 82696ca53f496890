#include "control/live/playground.hpp"

namespace relayna::control {

/// One request. Shared by the coroutine that serves it, then by its answer's body.
struct Playground::Run {
  explicit Run(runtime::StopSource* client)
      : follows(client, [this, client] { stop.request_stop(client->reason()); }) {}
  runtime::StopSource stop;
  runtime::StopCallback
      follows;  ///< cut before the operator's connection goes: the body's end is that of this
  std::unique_ptr<http::BodySource> answer;
  bool in_pipeline = true;  ///< until the answer's head is there
  bool pulling = false;

  [[nodiscard]] bool busy() const noexcept { return in_pipeline || answer != nullptr; }
};

class Playground::Body final : public http::BodySource {
 public:
  explicit Body(std::shared_ptr<Run> run) : run_(std::move(run)) {}
  runtime::Task<core::Result<http::Chunk>> next() override {
    if (run_->answer == nullptr) co_return core::fail(core::ErrorCode::shutting_down);
    run_->pulling = true;
    auto chunk = co_await run_->answer->next();
    run_->pulling = false;
    if (!chunk || (chunk->end && chunk->bytes.empty())) run_->answer.reset();
    co_return chunk;
  }
  [[nodiscard]] std::optional<std::uint64_t> length() const override {
    return run_->answer == nullptr ? std::nullopt : run_->answer->length();
  }

 private:
  std::shared_ptr<Run> run_;
};

runtime::Task<core::Result<http::Response>> Playground::run(http::Request request, identity::CachedKeyPtr key,
                                                            runtime::StopSource* stop) {
  if (closed_) co_return core::fail(core::ErrorCode::shutting_down);
  auto run = std::make_shared<Run>(stop);
  std::erase_if(runs_, [](const std::weak_ptr<Run>& known) { return known.expired(); });
  runs_.push_back(run);
  request.stop = &run->stop;
  auto response = co_await pipeline_.run(std::move(request), std::move(key));
  run->in_pipeline = false;
  if (response.body != nullptr) {
    run->answer = std::move(response.body);
    response.body = std::make_unique<Body>(std::move(run));
  }
  co_return response;
}

bool Playground::busy() {
  return std::ranges::any_of(runs_, [](const std::weak_ptr<Run>& known) {
    const auto run = known.lock();
    return run != nullptr && run->busy();
  });
}

runtime::Task<void> Playground::drain() {
  closed_ = true;
  for (const auto& known : runs_) {
    const auto run = known.lock();
    if (run == nullptr) continue;
    run->stop.request_stop(runtime::StopReason::draining);
    if (!run->pulling) run->answer.reset();  // nobody reads it now; whoever comes back learns why
  }
  while (busy()) co_await shard_.sleep(runtime::Shard::kSweepInterval);
}

}  // namespace relayna::control
