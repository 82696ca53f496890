#include "store/sqlite/database.hpp"

#include <sqlite3.h>

namespace relayna::store::sqlite {

namespace {
/// As long as SQLite itself waits for other processes.
constexpr std::chrono::seconds kBusy{5};
constexpr std::size_t kIdleReaders = 4;
}  // namespace

void ChangeBell::ring() {
  {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  rung_.notify_all();
}

bool ChangeBell::wait(std::uint64_t& heard, std::chrono::milliseconds limit, const bool& stopping) {
  std::unique_lock lock(mutex_);
  rung_.wait_for(lock, limit, [&] { return count_ != heard || stopping; });
  heard = count_;
  return !stopping;
}

void ChangeBell::stop(bool& stopping) {
  {
    const std::lock_guard lock(mutex_);
    stopping = true;
  }
  rung_.notify_all();
}

core::Result<void> Database::attempt(std::string_view reference, const std::function<void()>& work) {
  try {
    work();
    return {};
  } catch (const Failure& failure) {
    return std::unexpected(classify(failure, reference).error);
  } catch (const std::exception& e) {
    return core::fail(core::ErrorCode::internal_error, {}, e.what());
  }
}

FileId Database::present_file() {
  const FileId file = file_id(path_);
  if (file != FileId{}) {
    opened_ = true;
    return file;
  }
  if (opened_) throw Failure(SQLITE_CANTOPEN, "the file is gone");
  // Only migrations make the file; until then there is as little to read as in one without tables.
  throw Failure(SQLITE_ERROR, "no such table: the file does not exist yet");
}

void Database::on_reader(const Work& work) {
  const FileId file = present_file();
  Handle connection;
  {
    const std::lock_guard lock(reading_);
    if (readers_file_ != file) readers_.clear();
    readers_file_ = file;
    if (!readers_.empty()) {
      connection = std::move(readers_.back());
      readers_.pop_back();
    }
  }
  if (!connection) connection = std::make_unique<Connection>(path_, Access::read, kBusy);
  const auto keep = [&] {
    const std::lock_guard lock(reading_);
    if (readers_.size() < kIdleReaders && readers_file_ == file) readers_.push_back(std::move(connection));
  };
  try {
    work(*connection);
  } catch (const Failure& failure) {
    if (!classify(failure, {}).reopen) keep();
    throw;
  }
  keep();
}

void Database::on_writer(const Work& work) {
  const std::unique_lock lock(writing_, kBusy);
  if (!lock.owns_lock()) throw Failure(SQLITE_BUSY, "another write takes too long");
  if (const FileId file = present_file(); !writer_ || writer_file_ != file) {
    writer_.reset();
    writer_ = std::make_unique<Connection>(path_, Access::write, kBusy);
    writer_file_ = file;
  }
  try {
    work(*writer_);
  } catch (const Failure& failure) {
    if (classify(failure, {}).reopen) writer_.reset();
    throw;
  }
}

}  // namespace relayna::store::sqlite
