#include <gtest/gtest.h>

#include "control/api/lists.hpp"
#include "control/api/query_check.hpp"

namespace relayna::control {
namespace {

using Condition = store::Filter::Test;

std::vector<FieldInfo> fields() {
  struct Row {
    std::string name;
    std::optional<core::SystemTime> expires_at;
    core::SystemTime created_at;
  };
  Shape<Row> shape("Row", "");
  shape.field("name", &Row::name, text(1, 9), Field::required, "").listed("label", true);
  shape.field("expires_at", &Row::expires_at, optional_moment(), Field::settable, "").listed("expires_at");
  shape.field("created_at", &Row::created_at, moment(), Field::shown, "").listed("created_at", true);
  return shape.fields();
}

store::ListQuery read(std::string_view text, Call& call) {
  Operation operation;
  operation.query = list_parameters(fields(), "label");
  call.operation = &operation;
  call.query = Query::parse(text, call.problems);
  check_query(call);
  auto query = read_list_query(call, fields(), "label");
  check_cursor(call, query);
  call.operation = nullptr;
  return query;
}

TEST(ListQuery, IsNewestFirstByDefault) {
  Call call;
  const auto query = read("", call);
  EXPECT_EQ(query.sort, "created_at");
  EXPECT_TRUE(query.descending);
  EXPECT_EQ(query.limit, 50U);
  EXPECT_TRUE(call.problems.empty());
}

TEST(ListQuery, ReadsConditionsInTermsOfColumns) {
  Call call;
  const auto query =
      read("name=x&q=part&expires_at=null&created_at_from=2026-01-01T00:00:00Z&sort=-name&limit=7", call);
  EXPECT_TRUE(call.problems.empty());
  EXPECT_EQ(query.sort, "label");
  EXPECT_TRUE(query.descending);
  EXPECT_EQ(query.limit, 7U);
  ASSERT_EQ(query.where.size(), 4U);
  EXPECT_EQ(query.where[0].test, Condition::contains);
  EXPECT_EQ(query.where[1].column, "label");
  EXPECT_EQ(query.where[2].test, Condition::is_null);
  EXPECT_EQ(query.where[3].test, Condition::at_least);
}

TEST(ListQuery, RefusesUnknownOrdersAndParameters) {
  Call call;
  (void)read("sort=expires_at&limit=0&nmae=x&cursor=zzz", call);
  ASSERT_EQ(call.problems.all().size(), 4U);
  EXPECT_EQ(call.problems.all()[0].path, "nmae");
  EXPECT_EQ(call.problems.all()[1].path, "limit");
  EXPECT_EQ(call.problems.all()[2].message,
            "must be one of name, created_at, with `-` before it for the reverse");
  EXPECT_EQ(call.problems.all()[3].path, "cursor");
}

TEST(ListQuery, ReadsMomentsAsTheyAreWritten) {
  Call call;
  const auto query = read(
      "created_at_from=2026-01-01&created_at_to=2026-01-02T01:00:00+01:00&expires_at_to=2027-01-01", call);
  EXPECT_TRUE(call.problems.empty());
  ASSERT_EQ(query.where.size(), 3U);
  EXPECT_EQ(query.where[0].value, "2027-01-01T00:00:00Z");
  EXPECT_EQ(query.where[1].value, "2026-01-01T00:00:00Z");
  EXPECT_EQ(query.where[2].value, "2026-01-02T00:00:00Z");
  (void)read("created_at_from=x&expires_at=y", call);
  ASSERT_EQ(call.problems.all().size(), 2U);
  EXPECT_EQ(call.problems.all()[0].path, "expires_at");
  EXPECT_EQ(call.problems.all()[1].path, "created_at_from");
}

TEST(ListQuery, DeclaresWhatConditionsMaySay) {
  struct Row {
    bool on = false;
    std::string owner;
    std::string kind;
  };
  Shape<Row> shape("Row", "");
  shape.field("on", &Row::on, flag(), Field::settable, "").listed("on");
  shape.field("owner", &Row::owner, optional_uuid(), Field::settable, "").listed("owner");
  shape.field("kind", &Row::kind, text(1, 9), Field::settable, "").listed("kind");
  const auto parameters = list_parameters(shape.fields(), {}, {{"kind", {"a", "b"}}});
  const auto problem = [&](std::string_view name, const char* value) {
    return parameter_problem(std::ranges::find(parameters, name, &Parameter::name)->schema, value);
  };
  EXPECT_TRUE(problem("on", "yes"));
  EXPECT_FALSE(problem("on", "true"));
  EXPECT_TRUE(problem("owner", "x"));
  EXPECT_FALSE(problem("owner", "null"));
  EXPECT_EQ(problem("kind", "c"), "must be one of: a, b");
}

TEST(ListQuery, TellsAStoresComplaintInTermsOfTheField) {
  const auto error =
      in_terms_of_fields(core::Error(core::ErrorCode::invalid_request, "no").with_param("label"), fields());
  EXPECT_EQ(error.param, "name");
}

TEST(ListQuery, TurnsNamedValuesIntoSeveralConditions) {
  struct Row {
    std::string name;
  };
  Shape<Row> shape("Row", "");
  shape.field("name", &Row::name, text(1, 9), Field::required, "").listed("name", true);
  shape
      .computed(
          "state", {{"type", "string"}}, [](const Row&, core::SystemTime) { return json::Document("old"); },
          "")
      .listed_as({{"old", [](core::SystemTime now) -> std::vector<store::Filter> {
                     return {{"a", Condition::is_null, {}}, {"b", Condition::below, core::to_rfc3339(now)}};
                   }}});
  Call call;
  call.now = core::SystemTime{std::chrono::seconds(5)};
  call.query = Query::parse("state=old", call.problems);
  const auto query = read_list_query(call, shape.fields(), {});
  ASSERT_EQ(query.where.size(), 2U);
  EXPECT_EQ(query.where[0].test, Condition::is_null);
  EXPECT_EQ(query.where[1].value, "1970-01-01T00:00:05Z");
  const auto parameters = list_parameters(shape.fields(), {});
  const auto state = std::ranges::find(parameters, "state", &Parameter::name);
  ASSERT_NE(state, parameters.end());
  EXPECT_EQ(state->schema["enum"], json::Document::array({"old"}));
}

}  // namespace
}  // namespace relayna::control
