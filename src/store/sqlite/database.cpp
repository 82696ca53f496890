#include "store/sqlite/database.hpp"

#include <sqlite3.h>

#include "store/sqlite/files.hpp"

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

Database::Handle Database::open(Access access) const {
  // Only migrations make the file; until then there is as little to read as in one without tables.
  if (!file_exists(path_)) throw Failure(SQLITE_ERROR, "no such table: the file does not exist yet");
  return std::make_unique<Connection>(path_, access, kBusy);
}

void Database::on_reader(const Work& work) {
  Handle connection;
  {
    const std::lock_guard lock(reading_);
    if (!readers_.empty()) {
      connection = std::move(readers_.back());
      readers_.pop_back();
    }
  }
  if (!connection) connection = open(Access::read);
  try {
    work(*connection);
  } catch (const Failure& failure) {
    if (classify(failure, {}).reopen) {
      forget_readers();
      throw;
    }
    const std::lock_guard lock(reading_);
    readers_.push_back(std::move(connection));
    throw;
  }
  const std::lock_guard lock(reading_);
  if (readers_.size() < kIdleReaders) readers_.push_back(std::move(connection));
}

void Database::on_writer(const Work& work) {
  const std::unique_lock lock(writing_, kBusy);
  if (!lock.owns_lock()) throw Failure(SQLITE_BUSY, "another write takes too long");
  if (!writer_) writer_ = open(Access::write);
  try {
    work(*writer_);
  } catch (const Failure& failure) {
    if (classify(failure, {}).reopen) {
      writer_.reset();
      forget_readers();
    }
    throw;
  }
}

void Database::forget_readers() {
  const std::lock_guard lock(reading_);
  readers_.clear();
}

}  // namespace relayna::store::sqlite
