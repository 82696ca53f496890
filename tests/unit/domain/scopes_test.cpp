#include "relayna/domain/scopes.hpp"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

namespace relayna::domain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using List = std::vector<std::string>;

TEST(Scopes, EachIsAllowedByItselfAndTheWildcardsThatCoverItAndByNothingElse) {
  for (const Scope& scope : scopes()) {
    const std::string name(scope.name);
    const std::string resource = name.substr(0, name.find(':'));
    EXPECT_TRUE(allows(List{name}, name));
    EXPECT_TRUE(allows(List{"*"}, name));
    EXPECT_TRUE(allows(List{resource + ":*"}, name));
    EXPECT_EQ(allows(List{"*:read"}, name), name.ends_with(":read"));
    EXPECT_FALSE(allows(List{}, name));
    for (const Scope& other : scopes()) {
      EXPECT_EQ(allows(List{std::string(other.name)}, name), &other == &scope)
          << other.name << " for " << name;
    }
  }
}

TEST(Scopes, AWildcardOfOneResourceSaysNothingOfAnother) {
  EXPECT_FALSE(allows(List{"keys:*"}, "limits:write"));
  EXPECT_FALSE(allows(List{"keys:*"}, "*")) << "a part is not the whole";
  EXPECT_FALSE(allows(List{"keys:*"}, "*:read"));
  EXPECT_FALSE(allows(List{"keys:read", "keys:write", "keys:rotate"}, "keys:*"))
      << "the wildcard also means actions that come later";
  EXPECT_TRUE(allows(List{"usage:read", "keys:*"}, "keys:rotate"));
}

TEST(Scopes, AListIsPutInOrderOnce) {
  EXPECT_THAT(parse_scopes({"usage:read", "*:read", "keys:*", "usage:read"}).value(),
              ElementsAre("*:read", "keys:*", "usage:read"));
}

TEST(Scopes, WhatIsNoScopeIsNamedWithWhatThereIs) {
  const auto refused = parse_scopes({"keys:read", "keys:eat"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::ErrorCode::invalid_request);
  EXPECT_EQ(refused.error().param, "scopes");
  EXPECT_THAT(refused.error().message, HasSubstr("`keys:eat`"));
  for (const Scope& scope : scopes()) EXPECT_THAT(refused.error().message, HasSubstr(scope.name));
  for (const char* wrong : {"", "keys", "keys:", ":read", "nothing:*", "*:write", "*:*", "KEYS:READ", " *"}) {
    EXPECT_FALSE(parse_scopes({wrong})) << wrong;
  }
  EXPECT_FALSE(parse_scopes({}));
}

TEST(Scopes, OldNamesAreRefusedWithTheirSuccessor) {
  const auto refused = parse_scopes({"operators:manage"});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("`operators:write`"));
  for (const char* old : {"keys:create", "keys:disable", "policies:update", "guardrails:update",
                          "providers:update", "services:update", "settings:update"}) {
    const auto error = parse_scopes({old});
    ASSERT_FALSE(error);
    const auto from = error.error().message.find("nearest is `");
    ASSERT_NE(from, std::string::npos) << old;
    const std::string successor = error.error().message.substr(from + 12);
    EXPECT_TRUE(parse_scopes({successor.substr(0, successor.find('`'))})) << successor;
  }
}

TEST(Scopes, NobodyGrantsWhatTheyDoNotHave) {
  EXPECT_TRUE(check_grant(List{"*"}, List{"*", "operators:write"}));
  EXPECT_TRUE(check_grant(List{"keys:*", "operators:write"}, List{"keys:*", "keys:rotate"}));
  const auto refused =
      check_grant(List{"keys:read", "operators:write"}, List{"keys:*", "operators:write", "*"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::ErrorCode::insufficient_operator_scope);
  EXPECT_THAT(refused.error().message, HasSubstr("`keys:*`, `*`"));
}

TEST(Scopes, TheErrorNamesTheScopeThatIsNeeded) {
  EXPECT_TRUE(require_scope(List{"*:read"}, "audit:read"));
  const auto refused = require_scope(List{"*:read"}, "usage:export");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::ErrorCode::insufficient_operator_scope);
  EXPECT_THAT(refused.error().message, HasSubstr("`usage:export`"));
}

TEST(Scopes, TheDocumentHoldsTheTable) {
  std::ifstream file(std::string(RELAYNA_SOURCE_DIR) + "/docs/operators.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(text, HasSubstr(scopes_markdown()));
}

TEST(Scopes, EachIsJudgedByItself) {
  for (const char* known : {"keys:read", "keys:*", "*", "*:read"})
    EXPECT_FALSE(scope_problem(known)) << known;
  EXPECT_THAT(scope_problem("keys:create").value_or(""), testing::HasSubstr("keys:write"));
  EXPECT_THAT(scope_problem("nope").value_or(""), testing::HasSubstr("there are"));
}

}  // namespace
}  // namespace relayna::domain
