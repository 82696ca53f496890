#pragma once

#include <expected>

#include "relayna/core/error.hpp"

namespace relayna::core {

/// A value or the reason there is none. libstdc++ 12 lacks the monadic members; write plain `if (!r) return
/// std::unexpected(r.error())`.
template <class T>
using Result = std::expected<T, Error>;

/// Shorthand for returning a failure: `return fail(ErrorCode::invalid_json, "…")`.
[[nodiscard]] inline std::unexpected<Error> fail(
    ErrorCode code, std::string message = {}, std::string detail = {},
    std::source_location where = std::source_location::current()) {
  return std::unexpected(Error(code, std::move(message), std::move(detail), where));
}

}  // namespace relayna::core
