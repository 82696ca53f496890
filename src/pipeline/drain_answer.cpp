#include "pipeline/drain_answer.hpp"

namespace relayna::pipeline {

namespace {
/// Longer is paid for without anybody reading it.
constexpr core::Duration kDrainFor = std::chrono::seconds(60);
}  // namespace

runtime::Task<void> drain_answer(Abandoned answer) {
  Exchange& x = *answer.exchange;
  const auto deadline = core::Deadline::in(x.parts().shard.clock(), kDrainFor);
  while (!deadline.passed(x.parts().shard.clock().now())) {
    auto chunk = co_await answer.upstream->next();
    if (!chunk) break;
    answer.usage.feed(chunk->bytes);
    if (chunk->end) break;
  }
  answer.upstream.reset();
  x.take_usage(answer.usage);
  x.settle();
}

}  // namespace relayna::pipeline
