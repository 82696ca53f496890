#include "relayna/core/secret.hpp"

#include <concepts>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <gtest/gtest.h>

namespace relayna::core {
namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) { out << value; };

// The test of the tests: both concepts hold for what can be printed.
static_assert(fmt::is_formattable<std::string>::value && Streamable<std::string>);
static_assert(!fmt::is_formattable<Secret>::value, "a secret must not reach a log line");
static_assert(!Streamable<Secret>);
static_assert(!std::convertible_to<Secret, std::string> && !std::convertible_to<Secret, std::string_view>);
static_assert(!std::convertible_to<std::string, Secret>, "making one is a decision, too");

TEST(Secret, KeepsItsValueThroughCopiesAndMoves) {
  const Secret original(std::string("rk_live_0123456789abcdef0123456789abcdef"));
  Secret copy = original;
  EXPECT_EQ(copy, original);
  Secret moved = std::move(copy);
  EXPECT_EQ(moved, original);
  EXPECT_TRUE(copy.empty());  // NOLINT(bugprone-use-after-move): what is left behind is the point
  Secret assigned(std::string("short"));
  assigned = std::move(moved);
  EXPECT_EQ(assigned.reveal(), original.reveal());
  EXPECT_TRUE(moved.empty());  // NOLINT(bugprone-use-after-move)
  assigned = Secret();
  EXPECT_TRUE(assigned.empty());
  assigned = original;
  EXPECT_EQ(assigned.size(), original.size());
}

TEST(Secret, ShortValuesAreWipedFromWhatTheyWereMovedOutOf) {
  // A short string lives inside the object, where a move leaves its bytes behind unless they are wiped.
  alignas(Secret) unsigned char place[sizeof(Secret)];
  auto* source = new (place) Secret(std::string("hunter2"));
  const Secret target(std::move(*source));
  const std::string left(reinterpret_cast<const char*>(place), sizeof place);
  EXPECT_EQ(left.find("unter2"), std::string::npos);  // the move itself ends the source at its first byte
  EXPECT_EQ(target.reveal(), "hunter2");
  source->~Secret();
}

TEST(Secret, SelfAssignmentChangesNothing) {
  Secret secret(std::string("value"));
  const Secret& same = secret;
  secret = same;
  EXPECT_EQ(secret.reveal(), "value");
}

TEST(Secret, ComparesByValue) {
  EXPECT_EQ(Secret(std::string("a")), Secret(std::string("a")));
  EXPECT_NE(Secret(std::string("a")), Secret(std::string("b")));
  EXPECT_NE(Secret(std::string("a")), Secret(std::string("aa")));
  EXPECT_EQ(Secret(), Secret(std::string()));
}

}  // namespace
}  // namespace relayna::core
