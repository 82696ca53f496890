#pragma once

#include <functional>
#include <mutex>
#include <thread>

#include "store/postgres/connection.hpp"
#include "store/postgres/watchdog.hpp"

namespace relayna::store::postgres {

struct FeedSettings {
  std::chrono::milliseconds statement_timeout{5'000};
  std::chrono::milliseconds poll_interval{1'000};
};

/// LISTEN on a connection and a thread of its own. Beside it the revision is polled, which finds a link that
/// died silently and a change whose notice got lost; after either, and after every reconnect, a Change
/// without kind.
class ListenFeed final : public ChangeFeed {
 public:
  using OnChange = std::function<void(const Change&)>;
  ListenFeed(ConnectOptions options, FeedSettings settings, std::shared_ptr<Watchdog> watchdog,
             OnChange on_change);
  ~ListenFeed() override;
  ListenFeed(const ListenFeed&) = delete;
  ListenFeed& operator=(const ListenFeed&) = delete;

 private:
  class Receiver;
  class Attached;
  void run();
  void session();
  void follow(Connection& connection);
  void poll_revision(Connection& connection);
  std::int64_t read_revision(Connection& connection);
  void deliver(const Change& change);
  Woken wait(int socket, core::TimePoint until) const;
  [[nodiscard]] core::TimePoint answer_by() const;

  const ConnectOptions options_;
  const FeedSettings settings_;
  const std::shared_ptr<Watchdog> watchdog_;
  const OnChange on_change_;
  Interrupt interrupt_;
  std::mutex mutex_;                  // guards the two below
  Connection* connection_ = nullptr;  // the one the thread may be blocked on
  bool stopping_ = false;
  std::int64_t revision_ = 0;  // the newest one told of; the feed's thread only
  bool live_ = false;          // whether this session got as far as listening; the feed's thread only
  std::thread thread_;
};

}  // namespace relayna::store::postgres
