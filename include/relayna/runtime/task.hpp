#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace relayna::runtime {

/// Everything of one shard runs on one io_context driven by one thread; the executor is its concrete type, so
/// nothing is type-erased.
using Executor = boost::asio::io_context::executor_type;

/// A coroutine. Lazy: it runs when awaited or spawned. Take parameters by value where it is spawned.
template <class T = void>
using Task = boost::asio::awaitable<T, Executor>;

/// The completion token of every asynchronous operation: failures arrive as data, `auto [ec, n] = co_await
/// op(…, use_task)`.
inline constexpr auto use_task = boost::asio::as_tuple(boost::asio::use_awaitable_t<Executor>{});

}  // namespace relayna::runtime
