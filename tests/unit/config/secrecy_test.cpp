// Secrets are planted everywhere they could be, right and wrong; no message may show one.
#include <fmt/format.h>

#include "relayna/config/schema.hpp"

#include "config/setting.hpp"
#include "fixture.hpp"

namespace relayna::config {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kPlanted = "hunter2";

TEST(Secrecy, NoEnvironmentValueAppearsInAnyMessage) {
  Environment environment;
  for (const Setting* setting : all_settings()) {
    if (file_only(*setting)) continue;
    environment[std::string(setting->name)] = fmt::format("{}-{}", kPlanted, setting->name);
  }
  environment["GATEWAY_CONFIG_FILE"] = "";
  environment["GATEWAY_NONSENSE"] = kPlanted;
  environment["LW_GATEWAY_JWT_SECRET"] = kPlanted;
  const Loaded loaded = load(environment, {});
  EXPECT_GT(loaded.problems.size(), 20U);
  EXPECT_THAT(all_text(loaded), Not(HasSubstr(kPlanted)));
}

TEST(Secrecy, NoPathFromNameFileAppears) {
  Environment environment = minimal();
  for (const Setting* setting : all_settings()) {
    if (setting->secret && !file_only(*setting)) environment[std::string(setting->name) + "_FILE"] = kPlanted;
  }
  environment.erase("DATABASE_URL");
  const Loaded loaded = load(environment, {});
  EXPECT_THAT(loaded.problems, Not(testing::IsEmpty()));
  EXPECT_THAT(all_text(loaded), Not(HasSubstr(kPlanted)));
}

TEST(Secrecy, CredentialsInUrlsStayOut) {
  for (const auto& [name, value] : Environment{{"DATABASE_URL", "mysql://u:hunter2@h/d"},
                                               {"REDIS_URL", "redis://u:hunter2@h/x"},
                                               {"LITELLM_BASE_URL", "http://u:hunter2@h"},
                                               {"GATEWAY_OUTBOUND_PROXY", "socks5://u:hunter2@h"}}) {
    const Loaded loaded = load(minimal_and(name, value), {});
    EXPECT_TRUE(problem_at(loaded, name)) << name;
    EXPECT_THAT(all_text(loaded), Not(HasSubstr(kPlanted))) << name;
  }
}

/// Every key of the file, in every place, with a planted text that is wrong wherever it can be.
std::string planted_objects() {
  std::string text;
  for (const schema::Field& section : schema::sections()) {
    if (section.shape != schema::Shape::objects) continue;
    text += std::string(section.key) + ":\n";
    for (const schema::Field& field : section.fields) {
      text += fmt::format("- {}: {}\n- {}: [{}]\n- {}: {{{}: x}}\n", field.key, kPlanted, field.key, kPlanted,
                          field.key, "sk-hunter2");
    }
    text += fmt::format("- {}\n- 'sk-{}': x\n", kPlanted, kPlanted);
  }
  return text;
}

TEST(Secrecy, NoValueOfTheFileAppears) {
  const std::string text = planted_objects();
  yaml::Diagnostics diagnostics("f.yaml");
  auto root = yaml::parse(text, diagnostics);
  ASSERT_TRUE(root);
  schema::check(*root, {}, diagnostics);
  EXPECT_GT(diagnostics.problems().size(), 50U);
  EXPECT_THAT(text_of(diagnostics.problems()), Not(HasSubstr(kPlanted)));

  const Folder folder;
  std::string sections;
  for (const Setting* setting : all_settings()) {
    if (setting->file_key.starts_with("server.") &&
        setting->file_key.find('.', 7) == std::string_view::npos) {
      sections += fmt::format("  {}: {}\n", setting->file_key.substr(7), kPlanted);
    }
  }
  const Loaded loaded =
      load({}, {.file = folder.write("f.yaml", "server:\n" + sections + "  sk-hunter2: 1\n")});
  EXPECT_GT(loaded.problems.size(), 15U);
  EXPECT_THAT(all_text(loaded), Not(HasSubstr(kPlanted)));
}

TEST(Secrecy, SyntaxErrorsQuoteNothing) {
  for (const auto text :
       {"k: *hunter2\n", "k: \"hunter2\n", "k: hunter2: x\n", "k: !<hunter2 x\n", "k: 'a' hunter2\n",
        "hunter2\nk: v\n", "k: \"\\hunter2\"\n", "%hunter2 x\n---\nk: v\n", "%TAG hunter2\n---\nk: v\n",
        "k: &hunter2 &hunter2 x\n", "k: !hunter2!x y\n", "hunter2: 1\n\thunter2: 2\n"}) {
    yaml::Diagnostics diagnostics("f.yaml");
    (void)yaml::parse(text, diagnostics);
    EXPECT_THAT(text_of(diagnostics.problems()), Not(HasSubstr(kPlanted))) << text;
  }
}

}  // namespace
}  // namespace relayna::config
