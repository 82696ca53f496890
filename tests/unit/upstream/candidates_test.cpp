#include "relayna/upstream/candidates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/domain/model_providers.hpp"

#include "snapshot.hpp"

namespace relayna::upstream::test {
namespace {

using core::ErrorCode;
using dialect::Operation;
using domain::ProviderKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class CandidatesTest : public testing::Test {
 protected:
  core::Result<std::vector<Candidate>> find(std::string_view model,
                                            Operation operation = Operation::chat_completions,
                                            std::string_view wanted = {}) {
    return resolve(snapshot, {.operation = operation, .model = model, .wanted_provider = wanted});
  }
  /// `provider:model`, with `*` when the body must be rewritten; or the error's name.
  static std::vector<std::string> told(const core::Result<std::vector<Candidate>>& found) {
    if (!found) return {std::string(found.error().info().name)};
    std::vector<std::string> out;
    for (const auto& c : *found)
      out.push_back(c.provider->name + ":" + c.model + (c.rewrites_model ? "*" : ""));
    return out;
  }
  std::vector<std::string> names(std::string_view model, Operation operation = Operation::chat_completions,
                                 std::string_view wanted = {}) {
    return told(find(model, operation, wanted));
  }
  catalog::Snapshot snapshot;
};

TEST_F(CandidatesTest, WithoutProvidersThereIsNoUpstream) {
  EXPECT_THAT(names("gpt-4o"), ElementsAre("no_upstream"));
}

TEST_F(CandidatesTest, ADeclaredNameLeadsWhereItSays) {
  snapshot.providers = {provider("oai", ProviderKind::openai), provider("other", ProviderKind::openai)};
  snapshot.models = {model("fast", "other", "gpt-4o-mini"), model("gpt-4o", "other")};
  EXPECT_THAT(names("fast"), ElementsAre("other:gpt-4o-mini*"));
  EXPECT_THAT(names("gpt-4o"), ElementsAre("other:gpt-4o")) << "before what its name suggests";
  EXPECT_THAT(names("gpt-4o", Operation::responses), ElementsAre("other:gpt-4o"));
}

TEST_F(CandidatesTest, ADeclaredNameWhoseProviderCannotIsLookedForElsewhere) {
  snapshot.providers = {provider("claude", ProviderKind::anthropic), provider("oai", ProviderKind::openai)};
  snapshot.models = {model("gpt-x", "claude"), model("gpt-y", "gone")};
  EXPECT_THAT(names("gpt-x"), ElementsAre("oai:gpt-x"));
  EXPECT_THAT(names("gpt-y"), ElementsAre("oai:gpt-y"));
}

TEST_F(CandidatesTest, APrefixNamesTheProvider) {
  snapshot.providers = {provider("oai", ProviderKind::openai), provider("groq", ProviderKind::openai)};
  EXPECT_THAT(names("groq/llama-3"), ElementsAre("groq:llama-3*"));
  EXPECT_THAT(names("groq/meta/llama-3"), ElementsAre("groq:meta/llama-3*")) << "only the first part is ours";
  EXPECT_THAT(names("groq/"), ElementsAre("model_not_found"));
  EXPECT_THAT(names("nobody/llama-3"), ElementsAre("model_not_found"));
}

TEST_F(CandidatesTest, LiteLlmsOwnNamesKeepTheirSlashes) {
  snapshot.providers = {provider("lite", ProviderKind::litellm)};
  EXPECT_THAT(names("openai/gpt-4o"), ElementsAre("lite:openai/gpt-4o"));
  EXPECT_THAT(names("lite/gpt-4o"), ElementsAre("lite:gpt-4o*"));
}

TEST_F(CandidatesTest, ANameTellsItsMaker) {
  snapshot.providers = {provider("lite", ProviderKind::litellm), provider("oai", ProviderKind::openai),
                        provider("claude", ProviderKind::anthropic)};
  for (const char* name : {"gpt-4o", "chatgpt-4o-latest", "o1", "o3-mini", "o4-mini"})
    EXPECT_THAT(names(name), ElementsAre(std::string("oai:") + name));
  EXPECT_THAT(names("text-embedding-3-small", Operation::embeddings),
              ElementsAre("oai:text-embedding-3-small"));
  EXPECT_THAT(names("claude-opus-4", Operation::messages), ElementsAre("claude:claude-opus-4"));
  EXPECT_THAT(names("claude-opus-4", Operation::count_tokens), ElementsAre("claude:claude-opus-4"));
}

TEST_F(CandidatesTest, WhatItsMakerDoesNotSpeakLiteLlmTranslates) {
  snapshot.providers = {provider("claude", ProviderKind::anthropic), provider("gem", ProviderKind::gemini),
                        provider("lite", ProviderKind::litellm)};
  EXPECT_THAT(names("claude-opus-4"), ElementsAre("lite:claude-opus-4"));
  EXPECT_THAT(names("gemini-2.5-pro"), ElementsAre("lite:gemini-2.5-pro"));
  EXPECT_THAT(names("anything-else"), ElementsAre("lite:anything-else"));
}

TEST_F(CandidatesTest, TheEnvironmentsProviderStandsBehindLiteLlm) {
  snapshot.providers = {provider("oai", ProviderKind::openai)};
  snapshot.providers[0].managed_by = "env";
  EXPECT_THAT(names("gpt-4o"), ElementsAre("oai:gpt-4o"));
  snapshot.providers.push_back(provider("lite", ProviderKind::litellm));
  EXPECT_THAT(names("gpt-4o"), ElementsAre("lite:gpt-4o"));
  EXPECT_THAT(names("oai/gpt-4o"), ElementsAre("oai:gpt-4o*")) << "but it can be named";
}

TEST_F(CandidatesTest, TheOnlyProviderThatCouldTakesEveryName) {
  snapshot.providers = {provider("oai", ProviderKind::openai), provider("claude", ProviderKind::anthropic),
                        provider("echo", ProviderKind::echo)};
  EXPECT_THAT(names("llama-3"), ElementsAre("oai:llama-3"));
  EXPECT_THAT(names("llama-3", Operation::messages), ElementsAre("claude:llama-3"));
  snapshot.providers.push_back(provider("groq", ProviderKind::openai));
  EXPECT_THAT(names("llama-3"), ElementsAre("model_not_found")) << "which of the two?";
}

TEST_F(CandidatesTest, EchoAnswersItsNameAndAloneEverything) {
  snapshot.providers = {provider("parrot", ProviderKind::echo)};
  EXPECT_THAT(names("echo"), ElementsAre("parrot:echo"));
  EXPECT_THAT(names("gpt-4o"), ElementsAre("parrot:gpt-4o"));
  snapshot.providers.push_back(provider("claude", ProviderKind::anthropic));
  EXPECT_THAT(names("echo"), ElementsAre("parrot:echo"));
  EXPECT_THAT(names("gpt-4o"), ElementsAre("model_not_found"));
}

TEST_F(CandidatesTest, TheNewestLiteLlmIsTheOne) {
  snapshot.providers = {provider("old", ProviderKind::litellm), provider("new", ProviderKind::litellm),
                        provider("env", ProviderKind::litellm)};
  snapshot.providers[0].created_at = core::SystemTime(std::chrono::seconds(1));
  snapshot.providers[1].created_at = core::SystemTime(std::chrono::seconds(2));
  snapshot.providers[2].created_at = core::SystemTime(std::chrono::seconds(3));
  snapshot.providers[2].managed_by = "env";
  EXPECT_THAT(names("anything"), ElementsAre("new:anything"));
}

TEST_F(CandidatesTest, AFallbackIsAskedForWhatTheClientWrote) {
  snapshot.providers = {
      provider("oai", ProviderKind::openai, "litellm"), provider("lite", ProviderKind::litellm),
      provider("backup", ProviderKind::openai, "oai"), provider("mine", ProviderKind::openai, "backup")};
  snapshot.models = {model("fast", "oai", "gpt-4o-mini"), model("slow", "mine")};
  EXPECT_THAT(names("fast"), ElementsAre("oai:gpt-4o-mini*", "lite:fast"));
  EXPECT_THAT(names("slow"), ElementsAre("mine:slow", "backup:slow")) << "one step, no chain";
}

TEST_F(CandidatesTest, AFallbackThatCannotHelpIsNone) {
  snapshot.providers = {
      provider("a", ProviderKind::openai, "claude"), provider("claude", ProviderKind::anthropic),
      provider("b", ProviderKind::openai, "litellm"), provider("c", ProviderKind::openai, "c"),
      provider("d", ProviderKind::openai, "gone")};
  for (const char* name : {"a", "b", "c", "d"}) {
    EXPECT_THAT(names(std::string(name) + "/m"), ElementsAre(std::string(name) + ":m*")) << name;
  }
}

TEST_F(CandidatesTest, TheCallerMayWantAProvider) {
  snapshot.providers = {provider("oai", ProviderKind::openai), provider("lite", ProviderKind::litellm),
                        provider("claude", ProviderKind::anthropic)};
  snapshot.models = {model("fast", "oai", "gpt-4o-mini")};
  EXPECT_THAT(names("gpt-4o", Operation::chat_completions, "lite"), ElementsAre("lite:gpt-4o"));
  EXPECT_THAT(names("fast", Operation::chat_completions, "oai"), ElementsAre("oai:gpt-4o-mini*"));
  EXPECT_THAT(names("fast", Operation::chat_completions, "lite"), ElementsAre("lite:fast"))
      << "an alias of another";
  const auto unknown = find("gpt-4o", Operation::chat_completions, "nobody");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::missing_provider_config);
  EXPECT_THAT(unknown.error().message, HasSubstr("'nobody'"));
  EXPECT_THAT(names("gpt-4o", Operation::chat_completions, "claude"), ElementsAre("model_not_found"));
}

TEST_F(CandidatesTest, WhoFindsNothingIsToldWhatThereIs) {
  snapshot.providers = {provider("oai", ProviderKind::openai), provider("groq", ProviderKind::openai),
                        provider("parrot", ProviderKind::echo)};
  snapshot.models = {model("fast", "oai", "gpt-4o-mini")};
  const auto found = find("llama");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::model_not_found);
  EXPECT_EQ(found.error().param, "model");
  EXPECT_THAT(found.error().message, HasSubstr("'llama'"));
  EXPECT_THAT(found.error().message, HasSubstr("Reachable: fast, oai/<model>, groq/<model>, echo."));
}

TEST_F(CandidatesTest, OfManyModelsTenAreNamed) {
  snapshot.providers = {provider("oai", ProviderKind::openai), provider("groq", ProviderKind::openai)};
  for (int n = 1; n <= 12; ++n) snapshot.models.push_back(model("m" + std::to_string(n), "oai"));
  const auto found = find("llama");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("m10, and 4 more."));
  EXPECT_THAT(found.error().message, Not(HasSubstr("m11")));
}

TEST(Supports, AModelApiWhereverModelsMayLead) {
  for (int i = 0; i <= static_cast<int>(ProviderKind::echo); ++i) {
    const auto kind = static_cast<ProviderKind>(i);
    EXPECT_EQ(supports(kind, Operation::chat_completions) || supports(kind, Operation::messages),
              domain::serves_models(kind))
        << domain::to_string(kind);
  }
}

class PassthroughTest : public CandidatesTest {
 protected:
  std::vector<std::string> passed(std::string_view name, std::string_view asked = "m") {
    return told(resolve_passthrough(snapshot, name, asked));
  }
};

TEST_F(PassthroughTest, GoesToThatProviderWhateverItSpeaks) {
  snapshot.providers = {provider("gem", ProviderKind::gemini),
                        provider("oai", ProviderKind::openai, "litellm"),
                        provider("lite", ProviderKind::litellm)};
  EXPECT_THAT(passed("gem"), ElementsAre("gem:m"));
  EXPECT_THAT(passed("gem", ""), ElementsAre("gem:"));
  EXPECT_THAT(passed("oai"), ElementsAre("oai:m", "lite:m"));
  EXPECT_THAT(passed("nobody"), ElementsAre("missing_provider_config"));
}

TEST_F(PassthroughTest, WhatMustBeSignedIsRefused) {
  snapshot.providers = {provider("aws", ProviderKind::bedrock), provider("gcp", ProviderKind::vertex)};
  EXPECT_THAT(passed("aws"), ElementsAre("missing_provider_config"));
  EXPECT_THAT(passed("gcp"), ElementsAre("missing_provider_config"));
}

}  // namespace
}  // namespace relayna::upstream::test
