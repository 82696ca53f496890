#include "control/api/shape.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/api/schemas.hpp"

namespace relayna::control {
namespace {

using json::Document;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Row {
  std::string id;
  std::string name;
  std::string kind;
  std::string secret;
  std::string team;
  std::optional<std::int64_t> most;
  std::optional<core::SystemTime> used;
};

Shape<Row> row_shape() {
  Shape<Row> shape("Row", "A row.");
  shape.field("id", &Row::id, uuid(), Field::shown, "");
  shape.input("preset", {{"type", "string"}}, [](const Document&, Row& row, Problems&) { row.most = 7; }, "");
  shape.field("name", &Row::name, text(1, 8), Field::required, "").listed("name", true);
  shape.field("kind", &Row::kind, text(1, 8), Field::fixed, "");
  shape.field("secret", &Row::secret, text(1, 64), Field::secret, "");
  shape.field("team", &Row::team, optional_uuid(), Field::settable, "");
  shape.field("most", &Row::most, optional_number(0, 10), Field::settable, "");
  shape.field("used", &Row::used, optional_moment(), Field::shown, "").passes_by();
  shape.rule([](const Row& row, Problems& problems) {
    if (row.name == row.kind) problems.add("kind", "must differ from the name");
  });
  return shape;
}

std::vector<std::string> paths(const Problems& problems) {
  std::vector<std::string> all;
  for (const auto& problem : problems.all()) all.push_back(problem.path);
  return all;
}

TEST(Shape, ReportsEverythingWrongWithACreation) {
  Row row;
  Problems problems;
  row_shape().create({{"id", "x"}, {"nmae", "typo"}, {"most", 11}, {"team", "no uuid"}, {"kind", 5}}, row,
                     problems);
  EXPECT_THAT(paths(problems), ElementsAre("id", "nmae", "kind", "team", "most", "name"));
}

TEST(Shape, CreatesWithInputsBeforeWhatRefinesThem) {
  Row row;
  Problems problems;
  row_shape().create({{"most", 3}, {"preset", "p"}, {"name", "  n "}, {"secret", "s"}}, row, problems);
  EXPECT_THAT(paths(problems), IsEmpty());
  EXPECT_EQ(row.most, 3);
  EXPECT_EQ(row.name, "n");
  EXPECT_EQ(row.secret, "s");
}

TEST(Shape, MergePatchKeepsClearsAndReplaces) {
  Row row{.id = "i", .name = "n", .kind = "k", .secret = "s", .team = "t", .most = 4, .used = {}};
  Problems problems;
  row_shape().patch({{"most", nullptr}, {"team", nullptr}}, row, problems);
  EXPECT_THAT(paths(problems), IsEmpty());
  EXPECT_EQ(row.most, std::nullopt);
  EXPECT_EQ(row.team, "");
  EXPECT_EQ(row.name, "n");
}

TEST(Shape, PatchRefusesWhatIsFixedOrCannotBeNull) {
  Row row{.id = "i", .name = "n", .kind = "k", .secret = {}, .team = {}, .most = {}, .used = {}};
  Problems problems;
  row_shape().patch({{"kind", "other"}, {"preset", "p"}, {"used", nullptr}, {"name", nullptr}}, row,
                    problems);
  EXPECT_THAT(paths(problems), ElementsAre("kind", "preset", "used", "name"));
}

TEST(Shape, RulesSeeTheFinishedRowOnly) {
  Row row{.id = "i", .name = "n", .kind = "k", .secret = {}, .team = {}, .most = {}, .used = {}};
  Problems problems;
  row_shape().patch({{"name", "k"}}, row, problems);
  EXPECT_THAT(paths(problems), ElementsAre("kind"));
  Problems typed;
  row_shape().patch({{"name", 1}}, row, typed);
  EXPECT_THAT(paths(typed), ElementsAre("name"));
}

TEST(Shape, RulesOverSoundFieldsAreAskedBesideBadOnes) {
  auto shape = row_shape();
  shape.rule({"name", "kind"},
             [](const Row&, Problems& problems) { problems.add("kind", "never goes with a name"); });
  Row row;
  Problems problems;
  shape.create({{"name", "n"}, {"kind", "k"}, {"most", 11}}, row, problems);
  EXPECT_THAT(paths(problems), ElementsAre("most", "kind"));
  Problems of_both;
  shape.create({{"name", 1}, {"kind", "k"}, {"most", 11}}, row, of_both);
  EXPECT_THAT(paths(of_both), ElementsAre("name", "most"));
}

TEST(Problems, ConcernAFieldAndItsParts) {
  Problems problems;
  problems.add("policy.rpm_limit", "");
  problems.add("events[1]", "");
  EXPECT_TRUE(problems.concern("policy"));
  EXPECT_TRUE(problems.concern("events"));
  EXPECT_FALSE(problems.concern("event"));
  EXPECT_FALSE(problems.concern("name"));
}

TEST(Problems, OneOfNoFieldIsToldWithoutAPath) {
  Problems problems;
  problems.add("", "is wrong");
  EXPECT_EQ(problems.error().public_message(), "is wrong");
}

TEST(Shape, NeverShowsSecretsAndLeavesPassingFieldsOutOfTheEtag) {
  Row row{.id = "i",
          .name = "n",
          .kind = "k",
          .secret = "hidden",
          .team = {},
          .most = {},
          .used = core::SystemTime{}};
  const auto shown = row_shape().show(row, {});
  EXPECT_FALSE(shown.contains("secret"));
  EXPECT_FALSE(shown.contains("preset"));
  EXPECT_EQ(shown["used"], "1970-01-01T00:00:00Z");
  EXPECT_FALSE(row_shape().lasting(row).contains("used"));
}

TEST(Shape, SchemasFollowTheFields) {
  const auto fields = row_shape().fields();
  const auto shown = shown_schema(fields, "");
  EXPECT_FALSE(shown["properties"].contains("secret"));
  const auto created = create_schema(fields);
  EXPECT_EQ(created["required"], Document::array({"name"}));
  EXPECT_TRUE(created["properties"].contains("preset"));
  const auto patched = patch_schema(fields);
  EXPECT_FALSE(patched["properties"].contains("kind"));
  EXPECT_FALSE(patched["properties"].contains("preset"));
  EXPECT_TRUE(patched["properties"].contains("secret"));
}

}  // namespace
}  // namespace relayna::control
