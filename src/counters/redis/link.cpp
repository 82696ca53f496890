#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>

#include "relayna/counters/redis_link.hpp"
#include "relayna/runtime/stop.hpp"
#include "relayna/runtime/task_group.hpp"
#include "relayna/telemetry/log.hpp"

#include "counters/redis/codec.hpp"

namespace relayna::counters {

namespace {

using Outcome = core::Result<RedisReply>;

/// Late answers are noticed with this precision.
constexpr std::chrono::milliseconds kPrecision{5};

core::Error away(std::string detail) {
  return core::Error(core::ErrorCode::control_state_unavailable, {}, std::move(detail));
}

/// A command in the line. After its time-out `resume` is empty: an orphan that only keeps its place.
struct Waiting {
  std::move_only_function<void()> resume;     ///< whoever waits
  std::optional<Outcome>* outcome = nullptr;  ///< in his frame, which lives as long as `resume`
  core::TimePoint asked{};
  core::TimePoint due{};
};

}  // namespace

/// Everything of one link. Kept alive by its tasks. The connection loop (`keep_connected`) reads; `send`
/// writes.
struct RedisLink::State final : std::enable_shared_from_this<State>, runtime::Expirable {
  State(runtime::Shard& s, net::Connector& c, RedisAddress a, Settings set)
      : shard(s), connector(c), address(std::move(a)), settings(set), tasks(s.executor()), timer(s.io()) {
    shard.sweep().add(*this);
  }

  runtime::Shard& shard;
  net::Connector& connector;
  RedisAddress address;
  Settings settings;
  runtime::TaskGroup tasks;
  runtime::StopSource stop;
  std::unique_ptr<net::Stream> stream;
  std::unique_ptr<ReplyParser> parser;
  std::deque<Waiting> line;
  std::string outgoing;
  std::string in_flight;
  /// The sweep alone would answer up to 50 ms late. Fires a few times per second at most: it is armed when
  /// none is, for the command that is due first then.
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>, runtime::Executor>
      timer;
  bool armed = false;
  bool ready = false;
  bool writing = false;
  std::string error = "not connected yet";

  /// Puts what was appended to `outgoing` into the line.
  void ask(Waiting waiting) {
    expires_at(deadline().sooner(core::Deadline(waiting.due)));
    arm(waiting.due);
    line.push_back(std::move(waiting));
    if (!writing) {
      writing = true;
      // Posted, so that whatever else this turn of the loop asks for leaves in the same write.
      tasks.spawn(send(shared_from_this()));
    }
  }

  /// Resumed from the loop, never from inside the reader: the coroutine may ask for more.
  void answer(Waiting& waiting, Outcome outcome) {
    if (!waiting.resume) return;
    waiting.outcome->emplace(std::move(outcome));
    boost::asio::post(shard.executor(), std::exchange(waiting.resume, nullptr));
  }

  static runtime::Task<void> send(std::shared_ptr<State> self) {
    co_await boost::asio::post(self->shard.executor(), runtime::use_task);
    while (!self->outgoing.empty() && self->stream != nullptr) {
      self->in_flight.clear();
      self->in_flight.swap(self->outgoing);
      const std::string_view piece = self->in_flight;
      auto* stream = self->stream.get();
      const auto written = co_await net::write_all(*stream, std::span(&piece, 1));
      if (!written.ok()) break;  // the reading side meets the same failure and cleans up
    }
    self->writing = false;
  }

  void arm(core::TimePoint due) {
    if (armed) return;
    armed = true;
    timer.expires_after(std::max<core::Duration>(due - shard.clock().now(), kPrecision));
    timer.async_wait([weak = weak_from_this()](const boost::system::error_code&) {
      if (const auto self = weak.lock()) {
        self->armed = false;
        self->on_expired();
      }
    });
  }

  /// Late commands are told so; their places stay. A connection that answers nothing any more is given up.
  void on_expired() override {
    const auto now = shard.clock().now();
    std::optional<core::TimePoint> next;
    for (auto& waiting : line) {
      if (!waiting.resume) continue;
      if (waiting.due <= now) {
        answer(waiting, std::unexpected(away("no answer from Redis in time")));
      } else {
        next = next ? std::min(*next, waiting.due) : waiting.due;
      }
    }
    if (next) arm(*next);
    if (!line.empty() && now - line.front().asked > settings.give_up && stream != nullptr) {
      stream->cancel();
    } else if (!line.empty()) {
      expires_at(core::Deadline(next ? *next : line.front().asked + settings.give_up));
    }
  }

  void drop_connection(std::string why) {
    if (ready && !stop.stop_requested())
      telemetry::log("counters")->warn("Redis {} lost: {}", address.describe(), why);
    ready = false;
    error = std::move(why);
    expires_never();
    auto lost = std::move(line);
    line.clear();
    outgoing.clear();
    for (auto& waiting : lost) answer(waiting, std::unexpected(away("the connection to Redis was lost")));
  }

  /// The greeting: credentials and database, before anything else may be sent.
  runtime::Task<core::Result<void>> greet() {
    const std::string database = std::to_string(address.database);
    std::vector<std::vector<std::string_view>> greeting;
    if (!address.password.empty()) {
      auto& auth = greeting.emplace_back(std::vector<std::string_view>{"AUTH"});
      if (!address.user.empty()) auth.push_back(address.user);
      auth.emplace_back(address.password.reveal());
    }
    if (address.database != 0) greeting.push_back({"SELECT", database});
    greeting.push_back({"PING"});
    std::string bytes;
    for (const auto& command : greeting) append_command(bytes, command, {});
    const std::string_view piece = bytes;
    stream->expires_at(core::Deadline::in(shard.clock(), settings.connect_timeout));
    if (!(co_await net::write_all(*stream, std::span(&piece, 1))).ok())
      co_return std::unexpected(away("greeting not sent"));
    for (std::size_t answers = 0; answers < greeting.size();) {
      if (auto reply = parser->next()) {
        if (reply->kind == RedisReply::Kind::error)
          co_return std::unexpected(away(std::string(greeting[answers].front()) + ": " + reply->text));
        ++answers;
        continue;
      }
      auto& buffer = shard.read_buffer();
      const auto read = co_await net::read_some(*stream, buffer);
      if (!read.ok() || !parser->feed({buffer.data(), read.bytes}))
        co_return std::unexpected(away("greeting not answered"));
    }
    stream->expires_never();
    co_return core::Result<void>{};
  }

  runtime::Task<core::Result<void>> connect() {
    auto connected = co_await connector.connect(address.origin,
                                                core::Deadline::in(shard.clock(), settings.connect_timeout));
    if (!connected) co_return std::unexpected(away(connected.error().detail));
    stream = std::move(*connected);
    parser = std::make_unique<ReplyParser>();
    co_return co_await greet();
  }

  /// Reads answers until the connection ends; says why.
  runtime::Task<std::string> read_answers() {
    while (true) {
      auto& buffer = shard.read_buffer();
      const auto read = co_await net::read_some(*stream, buffer);
      if (!read.ok())
        co_return read.status == net::IoStatus::cancelled ? "no answers any more" : "the connection ended";
      if (!parser->feed({buffer.data(), read.bytes})) co_return "answers that are not RESP";
      while (auto reply = parser->next()) {
        if (line.empty()) co_return "an answer nobody asked for";
        answer(line.front(), std::move(*reply));
        line.pop_front();
      }
      if (parser->broken()) co_return "answers that are not RESP";
      if (line.empty()) expires_never();
    }
  }

  static runtime::Task<void> keep_connected(std::shared_ptr<State> self) {
    auto wait = self->settings.retry_first;
    const runtime::StopCallback on_stop(&self->stop, [raw = self.get()] {
      if (raw->stream != nullptr) raw->stream->cancel();
    });
    while (!self->stop.stop_requested()) {
      auto connected = co_await self->connect();
      if (connected) {
        telemetry::log("counters")->info("Redis {} connected", self->address.describe());
        self->ready = true;
        self->error.clear();
        wait = self->settings.retry_first;
        self->drop_connection(co_await self->read_answers());
      } else {
        self->drop_connection(connected.error().detail);
      }
      while (self->writing) co_await self->shard.sleep(runtime::Shard::kSweepInterval);
      self->stream.reset();
      if (!co_await self->shard.sleep(wait, &self->stop)) break;
      wait = std::min(wait * 2, self->settings.retry_max);
    }
  }
};

RedisLink::RedisLink(runtime::Shard& shard, net::Connector& connector, RedisAddress address,
                     Settings settings)
    : state_(std::make_shared<State>(shard, connector, std::move(address), settings)) {}

RedisLink::~RedisLink() = default;

void RedisLink::start() {
  state_->tasks.spawn(State::keep_connected(state_));
}

runtime::Task<void> RedisLink::stop() {
  state_->stop.request_stop();
  co_await state_->tasks.wait_empty();
}

bool RedisLink::connected() const noexcept {
  return state_->ready;
}

const std::string& RedisLink::last_error() const noexcept {
  return state_->error;
}

core::TimePoint RedisLink::due() const noexcept {
  return state_->shard.clock().now() + state_->settings.command_timeout;
}

runtime::Task<core::Result<RedisReply>> RedisLink::command(const std::vector<std::string>& arguments) {
  const std::vector<std::string_view> words(arguments.begin(), arguments.end());
  co_return co_await command(words, {}, due());
}

runtime::Task<core::Result<RedisReply>> RedisLink::command(std::span<const std::string_view> first,
                                                           const RedisArguments& rest, core::TimePoint due) {
  auto state = state_;
  if (!state->ready) co_return std::unexpected(away(state->error));
  if (state->line.size() >= state->settings.max_waiting)
    co_return std::unexpected(away("too many commands wait for Redis"));
  append_command(state->outgoing, first, rest);
  std::optional<Outcome> outcome;
  auto begin = [&state, &outcome, due](auto handler) {
    state->ask({.resume = [resume = std::move(handler)]() mutable { std::move(resume)(); },
                .outcome = &outcome,
                .asked = state->shard.clock().now(),
                .due = due});
  };
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<runtime::Executor>, void()>(
      begin, boost::asio::use_awaitable_t<runtime::Executor>{});
  co_return std::move(*outcome);
}

runtime::Task<core::Result<void>> RedisLink::ping() {
  auto reply = co_await command({"PING"});
  if (!reply) co_return std::unexpected(reply.error());
  if (reply->kind == RedisReply::Kind::error) co_return std::unexpected(away(reply->text));
  co_return core::Result<void>{};
}

}  // namespace relayna::counters
