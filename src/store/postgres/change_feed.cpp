#include "store/postgres/change_feed.hpp"

#include <algorithm>

#include <poll.h>
#include <pthread.h>

#include "relayna/telemetry/log.hpp"

#include "store/postgres/changes.hpp"
#include "store/postgres/faults.hpp"

namespace relayna::store::postgres {

namespace {
constexpr std::chrono::milliseconds kBackoffFirst{100};
constexpr std::chrono::milliseconds kBackoffMax{2'000};
/// A poll may see a change before its notice has arrived; it gets this long before it counts as lost.
constexpr std::chrono::milliseconds kNoticeDelay{50};
constexpr std::chrono::milliseconds kGrace{500};
}  // namespace

/// Begins to LISTEN when made.
class ListenFeed::Receiver final : public pqxx::notification_receiver {
 public:
  Receiver(ListenFeed& feed, pqxx::connection_base& session)
      : pqxx::notification_receiver(session, kChannel), feed_(feed) {}
  void operator()(const std::string& payload, int) override {
    if (const auto change = parse_notice(payload)) feed_.deliver(*change);
  }

 private:
  ListenFeed& feed_;
};

/// Lets the destructor of the feed interrupt what the connection is blocked on.
class ListenFeed::Attached {
 public:
  Attached(ListenFeed& feed, Connection& connection) : feed_(feed) {
    const std::lock_guard lock(feed_.mutex_);
    feed_.connection_ = &connection;
    if (feed_.stopping_) connection.interrupt();
  }
  ~Attached() {
    const std::lock_guard lock(feed_.mutex_);
    feed_.connection_ = nullptr;
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  ListenFeed& feed_;
};

ListenFeed::ListenFeed(ConnectOptions options, FeedSettings settings, std::shared_ptr<Watchdog> watchdog,
                       OnChange on_change)
    : options_(std::move(options)),
      settings_(settings),
      watchdog_(std::move(watchdog)),
      on_change_(std::move(on_change)),
      thread_([this] { run(); }) {
  ::pthread_setname_np(thread_.native_handle(), "pg-changes");
}

ListenFeed::~ListenFeed() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (connection_ != nullptr) connection_->interrupt();
  }
  interrupt_.fire();
  thread_.join();
}

void ListenFeed::run() {
  std::chrono::milliseconds backoff{0};
  bool told = false;
  do {
    live_ = false;
    try {
      session();
      return;
    } catch (...) {
      const Fault fault = classify(std::current_exception());
      if (!told || live_)
        telemetry::log("store")->warn("change feed interrupted: {}", fault.error.describe());
      told = true;
    }
    backoff = live_ ? kBackoffFirst : std::clamp(backoff * 2, kBackoffFirst, kBackoffMax);
  } while (wait(-1, core::real_clock().now() + backoff) != Woken::interrupted);
}

/// Returns when the feed is to stop, throws when the connection is lost.
void ListenFeed::session() {
  const auto deadline = core::real_clock().now() + options_.connect_timeout * options_.targets.size();
  try {
    Connection connection(options_, deadline, &interrupt_);
    const Attached attached(*this, connection);
    follow(connection);
  } catch (...) {
    // What the destructor's interrupt broke is no failure.
    if (wait(-1, core::real_clock().now()) != Woken::interrupted) throw;
  }
}

void ListenFeed::follow(Connection& connection) {
  std::optional<Watchdog::Watch> watch;
  watch.emplace(*watchdog_, connection.socket(), answer_by());
  const Receiver receiver(*this, connection.session());
  revision_ = read_revision(connection);
  watch.reset();
  live_ = true;
  deliver({revision_, {}, {}});
  auto next_poll = core::real_clock().now() + settings_.poll_interval;
  while (true) {
    const Woken woken = wait(connection.socket(), next_poll);
    if (woken == Woken::interrupted) return;
    watch.emplace(*watchdog_, connection.socket(), answer_by());
    if (woken == Woken::ready) {
      connection.session().get_notifs();
    } else {
      poll_revision(connection);
      next_poll = core::real_clock().now() + settings_.poll_interval;
    }
    watch.reset();
  }
}

void ListenFeed::poll_revision(Connection& connection) {
  const std::int64_t stored = read_revision(connection);
  connection.session().get_notifs();  // those that came with the answer
  if (stored > revision_ &&
      wait(connection.socket(), core::real_clock().now() + kNoticeDelay) == Woken::ready)
    connection.session().get_notifs();
  // Lower: the database was replaced by an older copy.
  if (stored > revision_ || (stored < revision_ && read_revision(connection) < revision_)) {
    revision_ = stored;
    deliver({stored, {}, {}});
  }
}

std::int64_t ListenFeed::read_revision(Connection& connection) {
  try {
    pqxx::nontransaction read(connection.session());
    return query(read, "SELECT revision FROM catalog_revision").at(0).at(0).as<std::int64_t>();
  } catch (const pqxx::undefined_table&) {
    return 0;  // not migrated yet
  }
}

void ListenFeed::deliver(const Change& change) {
  revision_ = std::max(revision_, change.revision);
  try {
    on_change_(change);
  } catch (const std::exception& e) {
    telemetry::log("store")->error("a listener to changes failed: {}", e.what());
  }
}

Woken ListenFeed::wait(int socket, core::TimePoint until) const {
  return wait_for(socket, POLLIN, &interrupt_, until);
}

core::TimePoint ListenFeed::answer_by() const {
  return core::real_clock().now() + settings_.statement_timeout + kGrace;
}

}  // namespace relayna::store::postgres
