#include "telemetry/output.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <unistd.h>

#include "telemetry/line_format.hpp"

namespace relayna::telemetry {

namespace {

constexpr std::size_t kQueuedLines = 1024;
constexpr std::size_t kQueuedBlocks = 256;  // of access lines, about 32 KiB each: 8 MiB at most
constexpr auto kPolicy = spdlog::async_overflow_policy::overrun_oldest;

void write_all(int descriptor, const char* data, std::size_t size) {
  while (size != 0) {
    const ssize_t written = ::write(descriptor, data, size);
    if (written >= 0) {
      data += written;
      size -= static_cast<std::size_t>(written);
    } else if (errno == EAGAIN) {
      // Somebody who shares the pipe made it non-blocking; this thread has nothing else to do.
      pollfd wait{descriptor, POLLOUT, 0};
      ::poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

}  // namespace

DescriptorSink::~DescriptorSink() {
  if (owned_) ::close(descriptor_);
}

core::Result<std::shared_ptr<DescriptorSink>> DescriptorSink::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (descriptor < 0) {
    return core::fail(core::ErrorCode::invalid_configuration,
                      fmt::format("the log file {} cannot be opened: {}", path, std::strerror(errno)));
  }
  return std::make_shared<DescriptorSink>(descriptor, true);
}

void DescriptorSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  write_all(descriptor_, line.data(), line.size());
}

Output::Output() : target_(std::make_shared<DescriptorSink>(STDERR_FILENO, false)) {
  target_->set_formatter(std::make_unique<LineFormat>(LogFormat::text, std::string()));
}

Output::~Output() {
  stop();
}

Output::Queue Output::make_queue(const std::shared_ptr<spdlog::sinks::sink>& target, std::size_t messages) {
  Queue queue;
  queue.thread = std::make_shared<spdlog::details::thread_pool>(messages, 1);
  queue.writer = std::make_shared<spdlog::async_logger>("writer", target, queue.thread, kPolicy);
  queue.writer->set_level(spdlog::level::trace);
  return queue;
}

void Output::start(std::shared_ptr<spdlog::sinks::sink> target) {
  stop();
  Queue lines = make_queue(target, kQueuedLines);
  Queue access = make_queue(target, kQueuedBlocks);
  const std::scoped_lock lock(mutex_);
  target_ = std::move(target);
  lines_ = std::move(lines);
  access_ = std::move(access);
}

void Output::stop() {
  Queue lines;
  Queue access;
  {
    const std::scoped_lock lock(mutex_);
    lines = std::exchange(lines_, {});
    access = std::exchange(access_, {});
  }
  // Without the lock, so that others can go on logging. The threads go first, which drains and joins them:
  // they hold writers, and whoever lets go last should be this thread (ThreadSanitizer does not see how
  // spdlog's library counts references).
  lines.thread.reset();
  access.thread.reset();
}

std::size_t Output::dropped() {
  const std::scoped_lock lock(mutex_);
  if (!lines_.thread) return 0;
  return lines_.thread->overrun_counter() + access_.thread->overrun_counter();
}

void Output::log(const spdlog::details::log_msg& message) {
  const bool is_access = spdlog::string_view_t(kAccessTarget) == message.logger_name;
  std::shared_ptr<spdlog::sinks::sink> target;
  {
    const std::scoped_lock lock(mutex_);
    const Queue& queue = is_access ? access_ : lines_;
    if (queue.thread) {
      queue.thread->post_log(std::shared_ptr(queue.writer), message, kPolicy);
      return;
    }
    target = target_;
  }
  target->log(message);
}

}  // namespace relayna::telemetry
