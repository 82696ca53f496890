#pragma once

#include <exception>
#include <string_view>

#include "relayna/core/result.hpp"

namespace relayna::store::postgres {

/// What an exception of libpqxx means to a caller, and to the pool.
struct Fault {
  core::Error error;
  bool connection_lost = false;  ///< the connection is of no more use
  bool rolled_back = false;      ///< nothing happened, and the same may work at once
};

/// The one place that knows SQL states. `thrown` is not null. Errors carry the SQL state and a constraint's
/// name, never a value.
Fault classify(const std::exception_ptr& thrown);

/// The part of classify that needs no exception. `message` is only searched for a constraint's name.
Fault fault_of_state(std::string_view sqlstate, std::string_view message);

}  // namespace relayna::store::postgres
