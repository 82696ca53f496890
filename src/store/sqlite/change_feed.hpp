#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "relayna/store/store.hpp"

#include "store/sqlite/database.hpp"

namespace relayna::store::sqlite {

/// Looks for changes when this process's store has made one, and otherwise at every poll, where PRAGMA
/// data_version says cheaply whether another process wrote. A connection and a thread of its own.
class PollFeed final : public ChangeFeed {
 public:
  using OnChange = std::function<void(const Change&)>;
  PollFeed(std::string path, std::chrono::milliseconds interval, std::shared_ptr<ChangeBell> bell,
           OnChange on_change);
  ~PollFeed() override;
  PollFeed(const PollFeed&) = delete;
  PollFeed& operator=(const PollFeed&) = delete;

 private:
  void run();
  void look();
  void deliver(const Change& change);

  const std::string path_;
  const std::chrono::milliseconds interval_;
  const std::shared_ptr<ChangeBell> bell_;
  const OnChange on_change_;
  bool stopping_ = false;  // guarded by the bell
  // The feed's thread only:
  std::unique_ptr<Connection> connection_;
  FileId file_;
  std::int64_t data_version_ = 0;
  std::int64_t revision_ = 0;
  bool live_ = false;
  std::thread thread_;
};

}  // namespace relayna::store::sqlite
