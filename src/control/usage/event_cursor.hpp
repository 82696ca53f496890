#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "relayna/store/analytics.hpp"

namespace relayna::control {

/// A place in a list of requests, as text for URLs. It holds good for the order it was made in only.
std::string to_text(const store::EventCursor& place, std::string_view order);
std::optional<store::EventCursor> event_cursor(std::string_view text, std::string_view order);

}  // namespace relayna::control
