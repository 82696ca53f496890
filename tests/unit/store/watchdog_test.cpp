#include "store/postgres/watchdog.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace relayna::store::postgres {
namespace {

using namespace std::chrono_literals;

class SocketPair {
 public:
  SocketPair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds_), 0); }
  ~SocketPair() {
    ::close(fds_[0]);
    ::close(fds_[1]);
  }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;
  int here() const { return fds_[0]; }
  int there() const { return fds_[1]; }
  /// Blocks until there is something to read: 0 when the socket was shut down.
  ssize_t read() const {
    char byte;
    return ::recv(fds_[0], &byte, 1, 0);
  }

 private:
  int fds_[2];
};

core::TimePoint in(core::Duration time) {
  return core::real_clock().now() + time;
}

TEST(Watchdog, EndsACallWhoseTimeIsUp) {
  Watchdog dog;
  const SocketPair pair;
  const Watchdog::Watch watch(dog, pair.here(), in(-1ms));
  EXPECT_EQ(pair.read(), 0);
  EXPECT_TRUE(watch.fired());
}

TEST(Watchdog, ALaterWatchMayEndSooner) {
  Watchdog dog;
  const SocketPair patient;
  const SocketPair hasty;
  const Watchdog::Watch long_watch(dog, patient.here(), in(1h));
  const Watchdog::Watch short_watch(dog, hasty.here(), in(10ms));
  EXPECT_EQ(hasty.read(), 0);
  EXPECT_TRUE(short_watch.fired());
  EXPECT_FALSE(long_watch.fired());
  EXPECT_EQ(::send(patient.there(), "x", 1, 0), 1);
  EXPECT_EQ(patient.read(), 1) << "the other socket is untouched";
}

TEST(Watchdog, LeavesACallAloneThatHasEnded) {
  Watchdog dog;
  const SocketPair ended;
  const SocketPair later;
  {
    const Watchdog::Watch watch(dog, ended.here(), in(5ms));
  }
  const Watchdog::Watch marker(dog, later.here(), in(20ms));
  EXPECT_EQ(later.read(), 0);
  EXPECT_EQ(::send(ended.there(), "x", 1, 0), 1);
  EXPECT_EQ(ended.read(), 1);
}

TEST(Watchdog, StopsAtOnceWhateverItWatches) {
  const SocketPair pair;
  const auto before = core::real_clock().now();
  {
    Watchdog dog;
    const Watchdog::Watch watch(dog, pair.here(), in(1h));
  }
  EXPECT_LT(core::real_clock().now() - before, 1s);
}

}  // namespace
}  // namespace relayna::store::postgres
