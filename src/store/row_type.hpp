#pragma once

#include <concepts>
#include <type_traits>

namespace relayna::store {

/// `R` is `T`, to be read or to be filled.
template <class R, class T>
concept Is = std::same_as<std::remove_const_t<R>, T>;

}  // namespace relayna::store
