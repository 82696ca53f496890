#include "relayna/config/yaml.hpp"

#include "fixture.hpp"

namespace relayna::config::yaml {
namespace {

using testing::HasSubstr;

struct Expanded {
  Node root;
  std::string problems;
};
Expanded expand_text(std::string_view text, const Environment& environment) {
  Diagnostics diagnostics("f.yaml");
  Node root = parse(text, diagnostics).value();
  expand(root, environment, "top", diagnostics);
  return {std::move(root), text_of(diagnostics.problems())};
}
std::string value(std::string_view scalar,
                  const Environment& environment = {{"A", "alpha"}, {"B", " beta "}, {"BLANK", "  "}}) {
  const Expanded expanded = expand_text("x: '" + std::string(scalar) + "'\n", environment);
  const Node& node = *expanded.root.find("x");
  return expanded.problems.empty() ? node.text : expanded.problems;
}

TEST(Expand, FillsVariables) {
  EXPECT_EQ(value("${A}"), "alpha");
  EXPECT_EQ(value("${A}/${B}!"), "alpha/beta!");
  EXPECT_EQ(value("${MISSING:-fallback}"), "fallback");
  EXPECT_EQ(value("${MISSING:-}"), "");
  EXPECT_EQ(value("${BLANK:-fallback}"), "fallback");
  EXPECT_EQ(value("${A:-fallback}"), "alpha");
  EXPECT_EQ(value("${MISSING:-a:-b}"), "a:-b");
  EXPECT_EQ(value("costs $5 and $A"), "costs $5 and $A");
  EXPECT_EQ(value("$${A} ${A}"), "${A} alpha");
  EXPECT_EQ(value("$$"), "$$");
}

TEST(Expand, ReportsWhatIsMissingByNameAndPlace) {
  EXPECT_EQ(value("${MISSING}"), "f.yaml:1:4: top.x: the variable MISSING is not set\n");
  EXPECT_EQ(value("${BLANK}"), "f.yaml:1:4: top.x: the variable BLANK is not set\n");
  EXPECT_THAT(value("${A"), HasSubstr("without `}`"));
  EXPECT_THAT(value("${}"), HasSubstr("must hold the name of a variable"));
  EXPECT_THAT(value("${not a name}"), HasSubstr("must hold the name of a variable"));
  EXPECT_THAT(value("${1A}"), HasSubstr("must hold the name of a variable"));
  EXPECT_THAT(value("${MISSING:-${A}}"), HasSubstr("must not contain another variable"));
}

TEST(Expand, AllProblemsAtOnceAndBrokenValuesMarked) {
  const Expanded expanded = expand_text("a: ${ONE}\nb: ['${TWO}', ok]\nc: {d: '${THREE}'}\n", {});
  for (const auto name : {"ONE", "TWO", "THREE"}) EXPECT_THAT(expanded.problems, HasSubstr(name));
  EXPECT_THAT(expanded.problems, HasSubstr("top.b[0]"));
  EXPECT_THAT(expanded.problems, HasSubstr("top.c.d"));
  EXPECT_TRUE(expanded.root.find("a")->broken);
  EXPECT_FALSE(expanded.root.find("b")->items[1].broken);
}

TEST(Expand, AValueCannotChangeTheStructure) {
  const Environment environment{{"EVIL", "x\nadmin: true\nlist: [1, 2]"}};
  const Expanded expanded = expand_text("name: ${EVIL}\n'${EVIL}': key\n", environment);
  EXPECT_EQ(expanded.problems, "");
  ASSERT_EQ(expanded.root.entries.size(), 2U);
  EXPECT_EQ(expanded.root.find("name")->text, environment.at("EVIL"));
  EXPECT_EQ(expanded.root.entries[1].key, "${EVIL}");
}

TEST(Expand, TheResultIsNotExpandedAgain) {
  EXPECT_EQ(value("${A}", {{"A", "${B}"}, {"B", "no"}}), "${B}");
}

TEST(Expand, IsBounded) {
  std::string many = "x: '";
  for (int i = 0; i < 1'000; ++i) many += "${BIG}";
  const Expanded expanded = expand_text(many + "'\n", {{"BIG", std::string(100'000, 'b')}});
  EXPECT_THAT(expanded.problems, HasSubstr("too much text"));
  std::string spread;
  for (int i = 0; i < 100; ++i) spread += "x" + std::to_string(i) + ": ${BIG}\n";
  EXPECT_THAT(expand_text(spread, {{"BIG", std::string(100'000, 'b')}}).problems, HasSubstr("too much text"));
}

TEST(Expand, SecretsComeFromWhereTheyAreKept) {
  const Folder folder;
  const std::string kept = folder.write("secret", "from-file\n");
  const std::string empty = folder.write("empty", " \n");
  const Environment environment{{"A", "alpha"}, {"DIR", folder.path("")}};
  const auto secret = [&](const std::string& scalar) -> std::string {
    Diagnostics diagnostics("f.yaml");
    Node root = parse("x: " + scalar + "\n", diagnostics).value();
    expand(root, environment, "", diagnostics);
    const core::Secret got = resolve_secret(*root.find("x"), environment, "x", diagnostics);
    return diagnostics.empty() ? std::string(got.reveal()) : text_of(diagnostics.problems());
  };
  EXPECT_EQ(secret("plain"), "plain");
  EXPECT_EQ(secret("env.A"), "alpha");
  EXPECT_EQ(secret("${A}"), "alpha");
  EXPECT_EQ(secret("file:" + kept), "from-file");
  EXPECT_EQ(secret("file:${DIR}/secret"), "from-file");
  EXPECT_EQ(secret("''"), "");
  EXPECT_THAT(secret("env.MISSING"), HasSubstr("the variable MISSING is not set"));
  EXPECT_THAT(secret("env.not-a-name"), HasSubstr("`env.` must be followed by the name"));
  EXPECT_THAT(secret("file:relative"), HasSubstr("absolute path"));
  EXPECT_THAT(secret("file:" + empty), HasSubstr("is empty"));
  EXPECT_THAT(secret("file:" + folder.path("hunter2")), HasSubstr("No such file"));
  EXPECT_THAT(secret("file:" + folder.path("hunter2")), testing::Not(HasSubstr("hunter2")));
}

TEST(Expand, AVariableWhoseValueLooksLikeAReferenceIsAValue) {
  Diagnostics diagnostics("f.yaml");
  const Environment environment{{"A", "file:/etc/hostname"}};
  Node root = parse("x: ${A}\n", diagnostics).value();
  expand(root, environment, "", diagnostics);
  EXPECT_EQ(resolve_secret(*root.find("x"), environment, "x", diagnostics).reveal(), "file:/etc/hostname");
}

}  // namespace
}  // namespace relayna::config::yaml
