#include "store/sqlite/change_feed.hpp"

#include <utility>

#include <pthread.h>
#include <sqlite3.h>

#include "relayna/telemetry/log.hpp"

#include "store/sqlite/changes.hpp"

namespace relayna::store::sqlite {

namespace {
/// A reader of a write-ahead log hardly ever waits, and the destructor waits for this one.
constexpr std::chrono::milliseconds kBusy{50};
}  // namespace

PollFeed::PollFeed(std::string path, std::chrono::milliseconds interval, std::shared_ptr<ChangeBell> bell,
                   OnChange on_change)
    : path_(std::move(path)),
      interval_(interval),
      bell_(std::move(bell)),
      on_change_(std::move(on_change)),
      thread_([this] { run(); }) {
  ::pthread_setname_np(thread_.native_handle(), "db-changes");
}

PollFeed::~PollFeed() {
  bell_->stop(stopping_);
  thread_.join();
}

void PollFeed::run() {
  std::uint64_t heard = 0;
  bool failing = false;
  do {
    try {
      look();
      failing = false;
    } catch (const Failure& failure) {
      const Fault fault = classify(failure, {});
      // A file that is not there yet, or not migrated, is no fault; the feed goes live when it is.
      if (!std::exchange(failing, true) && fault.error.code != core::ErrorCode::migrations_pending)
        telemetry::log("store")->warn("change feed interrupted: {}", fault.error.describe());
      connection_.reset();
      live_ = false;
    }
  } while (bell_->wait(heard, interval_, stopping_));
}

void PollFeed::look() {
  const FileId file = file_id(path_);
  if (file == FileId{}) throw Failure(SQLITE_ERROR, "no such table: the file does not exist");
  if (!connection_ || file_ != file) {
    live_ = false;
    connection_.reset();
    connection_ = std::make_unique<Connection>(path_, Access::read, kBusy);
    file_ = file;
  }
  {
    Statement version = connection_->statement("PRAGMA data_version");
    const std::int64_t seen = version.step() ? version.integer(0) : 0;
    if (live_ && seen == data_version_) return;
    data_version_ = seen;
  }
  if (!live_) {
    revision_ = read_revision(*connection_);
    live_ = true;
    deliver({revision_, {}, {}});
    return;
  }
  for (const Change& change : changes_since(*connection_, revision_)) {
    revision_ = change.revision;
    deliver(change);
  }
}

void PollFeed::deliver(const Change& change) {
  try {
    on_change_(change);
  } catch (const std::exception& e) {
    telemetry::log("store")->error("a listener to changes failed: {}", e.what());
  }
}

}  // namespace relayna::store::sqlite
