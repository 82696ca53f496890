#pragma once

#include <tuple>
#include <type_traits>

#include "relayna/store/administration.hpp"

namespace relayna::store {

/// The kinds of rows an interface gives access to, as its declaration lists them.
template <template <class> class Access, class... R>
std::type_identity<std::tuple<R...>> kinds_given(const GivesEach<Access, R...>&);

/// `Interface` with its access to rows of each kind implemented by a `Part<R>`, made from a `Context&`.
template <class Interface, template <class> class Access, template <class> class Part, class Context,
          class Kinds>
class GivingEach;

template <class Interface, template <class> class Access, template <class> class Part, class Context>
class GivingEach<Interface, Access, Part, Context, std::tuple<>> : public Interface {
 public:
  explicit GivingEach(Context&) {}
};

template <class Interface, template <class> class Access, template <class> class Part, class Context,
          class First, class... Rest>
class GivingEach<Interface, Access, Part, Context, std::tuple<First, Rest...>>
    : public GivingEach<Interface, Access, Part, Context, std::tuple<Rest...>> {
  using Others = GivingEach<Interface, Access, Part, Context, std::tuple<Rest...>>;

 public:
  explicit GivingEach(Context& context) : Others(context), part_(context) {}

 protected:
  using Others::give;
  Access<First>& give(std::type_identity<First>) override { return part_; }

 private:
  Part<First> part_;
};

template <class Interface, template <class> class Access, template <class> class Part, class Context>
using Giving = GivingEach<Interface, Access, Part, Context,
                          typename decltype(kinds_given(std::declval<const Interface&>()))::type>;

}  // namespace relayna::store
