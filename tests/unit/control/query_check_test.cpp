#include "control/api/query_check.hpp"

#include <gmock/gmock.h>

namespace relayna::control {
namespace {

using json::Document;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> told(std::string_view text, std::vector<Parameter> known) {
  Operation operation;
  operation.query = std::move(known);
  Call call;
  call.operation = &operation;
  call.query = Query::parse(text, call.problems);
  check_query(call);
  std::vector<std::string> all;
  for (const auto& problem : call.problems.all()) all.push_back(problem.path + ' ' + problem.message);
  return all;
}

TEST(QueryCheck, KnowsWhatIsDeclaredAndNothingElse) {
  const std::vector<Parameter> known{{"a", {{"type", "string"}}, ""}, {"b", {{"type", "string"}}, ""}};
  EXPECT_THAT(told("a=1&b=2", known), IsEmpty());
  EXPECT_THAT(told("a=1&c=2&d", known),
              ElementsAre("c is unknown; there are: a, b", "d is unknown; there are: a, b"));
  EXPECT_THAT(told("dry_run=1", {}), ElementsAre("dry_run is unknown: this request takes no parameters"));
}

TEST(QueryCheck, TakesAnEmptyValueForAMistakeButInASearch) {
  EXPECT_THAT(told("a=&q=", {{"a", {{"type", "string"}}, ""}, {"q", {{"type", "string"}}, ""}}),
              ElementsAre("a must not be empty; leave it out"));
}

TEST(QueryCheck, HoldsValuesToTheirSchemas) {
  const Document id{{"type", "string"}, {"format", "uuid"}};
  const Document word{{"type", "string"}, {"enum", {"red", "green"}}};
  const Document none{{"type", "string"}, {"enum", {"null"}}};
  EXPECT_EQ(parameter_problem(word, "blue"), "must be one of: red, green");
  EXPECT_EQ(parameter_problem(word, "red"), std::nullopt);
  EXPECT_EQ(parameter_problem(id, "x"), "must be a UUID");
  EXPECT_EQ(parameter_problem({{"type", "boolean"}}, "1"), "must be true or false");
  EXPECT_EQ(parameter_problem({{"type", "integer"}}, "1.5"), "must be a whole number");
  const Document either{{"type", "string"}, {"anyOf", Document::array({id, none})}};
  EXPECT_EQ(parameter_problem(either, "null"), std::nullopt);
  EXPECT_EQ(parameter_problem(either, "0a000000-0000-7000-8000-000000000001"), std::nullopt);
  EXPECT_EQ(parameter_problem(either, "x"), "must be a UUID, or must be one of: null");
}

TEST(QueryCheck, HandlersSeeWhatIsInOrder) {
  Operation operation;
  operation.query = {{"a", {{"type", "boolean"}}, ""}, {"b", {{"type", "string"}}, ""}};
  Call call;
  call.operation = &operation;
  call.query = Query::parse("a=x&b=y", call.problems);
  check_query(call);
  EXPECT_EQ(call.query.take("a"), std::nullopt);
  EXPECT_EQ(call.query.take("b"), "y");
}

}  // namespace
}  // namespace relayna::control
