#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include <spdlog/sinks/base_sink.h>

#include "relayna/core/result.hpp"
#include "relayna/telemetry/log.hpp"

namespace spdlog {
class async_logger;
namespace details {
class thread_pool;
}
}  // namespace spdlog

namespace relayna::telemetry {

/// Writes each formatted message to a descriptor at once and whole. There is no buffer to lose when the
/// process dies. What cannot be written is dropped: there is nowhere to say so. Any thread.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// `owned` descriptors are closed at the end.
  DescriptorSink(int descriptor, bool owned) : descriptor_(descriptor), owned_(owned) {}
  ~DescriptorSink() override;
  /// Appends to `path`, creating it with mode 0640.
  static core::Result<std::shared_ptr<DescriptorSink>> open(const std::string& path);

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

  int descriptor_;
  bool owned_;
};

/// The one sink of every logger. Until `start` and after `stop` it writes in the caller's thread; in between
/// it queues for the background threads. Access lines have a queue of their own, so that a burst of requests
/// costs access lines and never a warning. Any thread.
class Output final : public spdlog::sinks::sink {
 public:
  Output();
  ~Output() override;
  void start(std::shared_ptr<spdlog::sinks::sink> target);
  /// Writes what is queued and joins the threads.
  void stop();
  /// Messages lost to full queues since `start`; a message of the access target is a block of lines.
  [[nodiscard]] std::size_t dropped();

  void log(const spdlog::details::log_msg& message) override;
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  struct Queue {
    std::shared_ptr<spdlog::details::thread_pool> thread;
    std::shared_ptr<spdlog::async_logger> writer;
  };
  static Queue make_queue(const std::shared_ptr<spdlog::sinks::sink>& target, std::size_t messages);

  std::mutex mutex_;
  std::shared_ptr<spdlog::sinks::sink> target_;
  Queue lines_;
  Queue access_;
};

}  // namespace relayna::telemetry
