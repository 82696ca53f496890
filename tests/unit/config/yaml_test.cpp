#include "relayna/config/yaml.hpp"

#include "fixture.hpp"

namespace relayna::config::yaml {
namespace {

using testing::HasSubstr;

struct Parsed {
  std::optional<Node> root;
  std::string problems;
};
Parsed read(std::string_view text) {
  Diagnostics diagnostics("f.yaml");
  auto root = parse(text, diagnostics);
  return {std::move(root), text_of(diagnostics.problems())};
}

TEST(Yaml, KnowsWhereEverythingStands) {
  const Parsed parsed =
      read("server:\n  bind: \":1\"\nkeys:\n  - name: a\n    disabled: true\n  -\n    name: b\n");
  ASSERT_TRUE(parsed.root);
  EXPECT_EQ(parsed.problems, "");
  const Node& bind = *parsed.root->find("server")->find("bind");
  EXPECT_EQ(bind.text, ":1");
  EXPECT_TRUE(bind.quoted);
  EXPECT_EQ(bind.mark.line, 2);
  EXPECT_EQ(bind.mark.column, 9);
  const Node& keys = *parsed.root->find("keys");
  ASSERT_EQ(keys.items.size(), 2U);
  EXPECT_EQ(keys.items[0].entries[1].mark.line, 5);
  EXPECT_EQ(keys.items[0].entries[1].mark.column, 5);
  EXPECT_FALSE(keys.items[0].find("disabled")->quoted);
  EXPECT_EQ(keys.items[1].find("name")->mark.line, 7);
}

TEST(Yaml, TellsUnsetFromText) {
  const Parsed parsed = read("a:\nb: ~\nc: ''\nd: '  '\ne: 0\nf: []\n");
  ASSERT_TRUE(parsed.root);
  for (const auto key : {"a", "b", "c", "d"}) EXPECT_TRUE(parsed.root->find(key)->unset()) << key;
  for (const auto key : {"e", "f"}) EXPECT_FALSE(parsed.root->find(key)->unset()) << key;
}

TEST(Yaml, ReportsDuplicatesWithBothLinesAndKeepsTheFirst) {
  const Parsed parsed = read("a: 1\nb:\n  x: 1\n  y: 2\n  x: 3\na: 2\n");
  ASSERT_TRUE(parsed.root);
  EXPECT_THAT(parsed.problems, HasSubstr("f.yaml:5:3: `x` is given twice; the first one is in line 3"));
  EXPECT_THAT(parsed.problems, HasSubstr("f.yaml:6:1: `a` is given twice; the first one is in line 1"));
  EXPECT_EQ(parsed.root->find("a")->text, "1");
}

TEST(Yaml, AnchorsAliasesAndMerges) {
  const Parsed parsed = read(
      "base: &base {a: 1, b: 2}\nmore: &more {c: 3}\nx: *base\ny:\n  <<: *base\n  b: 9\nz:\n  <<: [*base, "
      "*more]\nlist: [*base, *base]\n");
  ASSERT_TRUE(parsed.root) << parsed.problems;
  EXPECT_EQ(parsed.problems, "");
  EXPECT_EQ(parsed.root->find("x")->find("b")->text, "2");
  EXPECT_EQ(parsed.root->find("y")->find("a")->text, "1");
  EXPECT_EQ(parsed.root->find("y")->find("b")->text, "9");
  EXPECT_EQ(parsed.root->find("z")->find("c")->text, "3");
  EXPECT_EQ(parsed.root->find("list")->items.size(), 2U);
  EXPECT_THAT(read("a: &a 1\nb:\n  <<: *a\n").problems, HasSubstr("`<<` must be given mappings"));
}

TEST(Yaml, AnAnchorMayBeGivenAnew) {
  const Parsed parsed = read("a: &x 1\nb: *x\nc: &x 2\nd: *x\n");
  ASSERT_TRUE(parsed.root);
  EXPECT_EQ(parsed.root->find("b")->text, "1");
  EXPECT_EQ(parsed.root->find("d")->text, "2");
}

TEST(Yaml, AliasBombsAreBounded) {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c <= 'j'; ++c) {
    const char before = static_cast<char>(c - 1);
    bomb += std::string(1, c) + ": &" + c + " [*" + before;
    for (int i = 0; i < 8; ++i) bomb += std::string(",*") + before;
    bomb += "]\n";
  }
  const Parsed parsed = read(bomb);
  EXPECT_FALSE(parsed.root);
  EXPECT_THAT(parsed.problems, HasSubstr("aliases that repeat too much"));

  std::string wide = "a: &a '" + std::string(200'000, 'x') + "'\nb: [";
  for (int i = 0; i < 1'000; ++i) wide += "*a,";
  EXPECT_FALSE(read(wide + "]\n").root);
}

TEST(Yaml, AnAliasInsideItselfIsRefused) {
  for (const auto text : {"a: &a [*a]\n", "&a {b: *a}\n", "&a [[&b [*a]]]"}) {
    const Parsed parsed = read(text);
    EXPECT_FALSE(parsed.root) << text;
    EXPECT_THAT(parsed.problems, HasSubstr("an alias refers to the value it stands in"));
  }
}

TEST(Yaml, DepthIsBoundedAlsoThroughAliases) {
  EXPECT_TRUE(read(std::string(kMaxDepth, '[') + std::string(kMaxDepth, ']')).root);
  EXPECT_THAT(read(std::string(kMaxDepth + 1, '[') + std::string(kMaxDepth + 1, ']')).problems,
              HasSubstr("levels deep"));
  EXPECT_FALSE(read(std::string(400'000, '[')).root);
  EXPECT_FALSE(read(std::string(400'000, '{')).root);
  std::string tower = "a: &a [x]\n";
  for (char c = 'b'; c <= 'z'; ++c)
    tower += std::string(1, c) + ": &" + c + " [[*" + static_cast<char>(c - 1) + "]]\n";
  const Parsed parsed = read(tower);
  EXPECT_FALSE(parsed.root);
  EXPECT_THAT(parsed.problems, HasSubstr("levels deep"));
}

TEST(Yaml, RefusesWhatIsNotOneTextualTree) {
  const auto problem = [](std::string_view text) { return read(text).problems; };
  EXPECT_THAT(problem(""), HasSubstr("is empty"));
  EXPECT_THAT(problem("# only a comment\n"), HasSubstr("is empty"));
  EXPECT_THAT(problem("---\n...\n"), HasSubstr("is empty"));
  EXPECT_THAT(problem("a: 1\n---\nb: 2\n"), HasSubstr("f.yaml:2:1: a second document"));
  EXPECT_THAT(problem("? [a, b]\n: 1\n"), HasSubstr("a key must be text"));
  EXPECT_THAT(problem("a: !custom 1\n"), HasSubstr("f.yaml:1:4: tags are not supported"));
  EXPECT_THAT(problem("a: !!str 1\n"), "");
  EXPECT_THAT(problem("a: \xff\n"), HasSubstr("is not UTF-8"));
  EXPECT_THAT(problem(std::string_view("a: \0x\n", 7)), HasSubstr("zero byte"));
  EXPECT_THAT(problem(std::string(kMaxFileBytes + 1, ' ')), HasSubstr("larger than 1000000 bytes"));
}

TEST(Yaml, SyntaxProblemsHaveAPositionAndQuoteNothing) {
  const Parsed parsed = read("a:\n  - b\n c: d\n");
  EXPECT_FALSE(parsed.root);
  EXPECT_THAT(parsed.problems, HasSubstr("f.yaml:3:"));
  EXPECT_THAT(parsed.problems, HasSubstr("not valid YAML"));
  const Parsed secret = read("api_key: *hunter2\n");
  EXPECT_FALSE(secret.root);
  EXPECT_THAT(secret.problems, testing::Not(HasSubstr("hunter2")));
  EXPECT_FALSE(read("a: \"\\q\"\n").root);
  EXPECT_FALSE(read("a: 'open\n").root);
  EXPECT_FALSE(read("a: [1, 2\n").root);
}

TEST(Yaml, EveryPrefixOfAFileIsAnswered) {
  const std::string text =
      "server: {bind: ':8080'}\nproviders:\n- &p\n  name: \"o\\u00e9\"\n  kind: openai # c\nmodels:\n- <<: "
      "*p\n  x: |\n    a\n    b\n...\n";
  ASSERT_TRUE(read(text).root) << read(text).problems;
  for (std::size_t length = 0; length < text.size(); ++length) {
    const Parsed parsed = read(text.substr(0, length));
    EXPECT_TRUE(parsed.root || !parsed.problems.empty()) << length;
  }
}

TEST(Yaml, DiagnosticsAreOrderedAndBounded) {
  Diagnostics diagnostics("f.yaml");
  diagnostics.add({3, 1}, "b", "second", "x");
  diagnostics.add({1, 9}, "a", "first");
  EXPECT_EQ(text_of(diagnostics.problems()), "f.yaml:1:9: a: first\nf.yaml:3:1: b: second; example: x\n");
  for (int i = 0; i < 1'000; ++i) diagnostics.add({9, 9}, "c", "many");
  EXPECT_TRUE(diagnostics.full());
  EXPECT_EQ(diagnostics.problems().size(), kMaxProblems + 1);
  EXPECT_EQ(diagnostics.problems().back().message, "and 802 more problems");
}

TEST(Yaml, ReadsFilesWithinTheirBound) {
  const Folder folder;
  EXPECT_EQ(read_text(folder.write("a", "12345"), 5).bytes, "12345");
  EXPECT_THAT(read_text(folder.write("b", "123456"), 5).problem, HasSubstr("larger than 5"));
  EXPECT_THAT(read_text(folder.path("missing"), 5).problem, HasSubstr("No such file"));
  EXPECT_THAT(read_text(folder.path(""), 5).problem, HasSubstr("directory"));
}

}  // namespace
}  // namespace relayna::config::yaml
