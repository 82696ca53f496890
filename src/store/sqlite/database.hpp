#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "relayna/core/result.hpp"

#include "store/sqlite/connection.hpp"
#include "store/sqlite/files.hpp"

namespace relayna::store::sqlite {

/// Wakes this process's feeds when something they tell of was committed. Shared, since a feed may outlive its
/// store.
class ChangeBell {
 public:
  void ring();
  /// Until the bell rings after `heard`, `limit` has passed or `stopping` is true; counts on in `heard`.
  /// False: stop.
  bool wait(std::uint64_t& heard, std::chrono::milliseconds limit, const bool& stopping);
  /// Sets `stopping` of a waiting feed and wakes it.
  void stop(bool& stopping);

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  std::uint64_t count_ = 0;
};

/// The file behind a store: one writing connection at a time, any number of readers beside it. Opens when
/// first used, and again after the file was lost. Any thread.
class Database {
 public:
  explicit Database(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const std::shared_ptr<ChangeBell>& bell() const noexcept { return bell_; }

  /// Runs `work(Connection&)`, which returns a core::Result and may throw Failure, on a connection for
  /// reading.
  template <class F>
  std::invoke_result_t<F&, Connection&> read(F work) {
    std::optional<std::invoke_result_t<F&, Connection&>> out;
    auto done =
        attempt({}, [&] { on_reader([&](Connection& connection) { out.emplace(work(connection)); }); });
    if (!done) return std::unexpected(std::move(done.error()));
    return std::move(*out);
  }
  /// The same in a transaction on the writing connection; committed unless `work` returns an error.
  /// `reference` is the field to blame when a reference dangles.
  template <class F>
  std::invoke_result_t<F&, Connection&> write(std::string_view reference, F work) {
    std::optional<std::invoke_result_t<F&, Connection&>> out;
    auto done = attempt(reference, [&] {
      on_writer([&](Connection& connection) {
        Transaction transaction(connection, "BEGIN IMMEDIATE");
        out.emplace(work(connection));
        if (*out) transaction.commit();
      });
    });
    if (!done) return std::unexpected(std::move(done.error()));
    return std::move(*out);
  }

 private:
  using Work = std::function<void(Connection&)>;
  using Handle = std::unique_ptr<Connection>;
  core::Result<void> attempt(std::string_view reference, const std::function<void()>& work);
  void on_reader(const Work& work);
  void on_writer(const Work& work);
  FileId present_file();

  const std::string path_;
  const std::shared_ptr<ChangeBell> bell_ = std::make_shared<ChangeBell>();
  std::timed_mutex writing_;  // held while writing; guards writer_
  Handle writer_;
  FileId writer_file_;
  std::mutex reading_;  // guards the rest
  std::vector<Handle> readers_;
  FileId readers_file_;
  std::atomic<bool> opened_ = false;  // a file that was there and is not any more is a fault
};

}  // namespace relayna::store::sqlite
