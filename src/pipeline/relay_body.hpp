#pragma once

#include <memory>
#include <string>

#include "pipeline/exchange.hpp"

namespace relayna::pipeline {

/// Step 8: the answer on its way to the client. Passes bytes on as they come, reads usage beside them,
/// enforces the limits on answers, turns a broken stream into the protocol's error event, and settles the
/// exchange at the end. Frames are passed on whole, so that an error event never lands inside one. One shard.
class RelayBody final : public http::BodySource {
 public:
  /// `sse`: the answer is an event stream whose events are understood, on a raw route too.
  RelayBody(std::unique_ptr<Exchange> exchange, std::unique_ptr<http::BodySource> upstream, bool sse);
  ~RelayBody() override;

  runtime::Task<core::Result<http::Chunk>> next() override;
  [[nodiscard]] std::optional<std::uint64_t> length() const override;

 private:
  /// What of `bytes` may be sent now.
  std::string_view pass(std::string_view bytes);
  std::string_view whole_frames(std::string_view bytes);
  std::optional<core::Error> limit_passed() const;
  /// More has passed than is held of the limits, and it is not over.
  [[nodiscard]] bool outgrows() const;
  /// Takes more of the limits for a stream that outgrew what it holds; the refusal when there is no more.
  runtime::Task<std::optional<core::Error>> hold_enough();
  runtime::Task<core::Result<void>> extend(counters::Amounts more);
  /// `last` is sent before the error: whole frames that were counted already.
  core::Result<http::Chunk> end_with(core::Error error, std::string last = {});
  core::Result<http::Chunk> end_cleanly();
  void observe_first_token();

  std::unique_ptr<Exchange> x_;
  std::unique_ptr<http::BodySource> upstream_;
  const bool sse_;
  const bool reads_usage_;
  dialect::UsageReader usage_;
  std::unique_ptr<dialect::UsageChunkFilter> filter_;
  std::string held_;  ///< the beginning of a frame that is not complete yet
  std::string out_;
  bool upstream_ended_ = false;
  bool ended_ = false;
};

}  // namespace relayna::pipeline
