#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relayna/domain/policy.hpp"

// The algebra of merging, on many random policies: what a merge allows is exactly what every part allows, so
// the order of layers cannot matter to a request.

namespace relayna::domain {
namespace {

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  int below(int n) { return static_cast<int>(engine_() % static_cast<unsigned>(n)); }
  bool chance(int percent) { return below(100) < percent; }
  template <class T>
  std::vector<T> some(const std::vector<T>& pool) {
    std::vector<T> out;
    if (chance(65)) return out;
    const int n = 1 + below(4);
    for (int i = 0; i < n; ++i)
      out.push_back(pool[static_cast<std::size_t>(below(static_cast<int>(pool.size())))]);
    return out;
  }
  std::optional<std::int64_t> limit() {
    if (chance(85)) return std::nullopt;
    return below(6);
  }

 private:
  std::mt19937 engine_;
};

const std::vector<std::string> kRoutes{"/v1/chat/completions", "/v1/messages",        "/v1/*",
                                       "/providers/*",         "/providers/openai/*", "/providers/echo/*"};
const std::vector<std::string> kModelPatterns{
    "gpt-4o",     "gpt-*", "*", "claude-3", "openai/*", "openai/gpt-4o", "openai/gpt-*", "anthropic/claude-3",
    "meta/llama", "meta/*"};
const std::vector<std::string> kProviders{"openai",  "anthropic", "my-openai", "openai-compatible",
                                          "litellm", "echo"};
const std::vector<std::string> kServices{"ocr", "summary", "translation"};

Policy random_policy(Random& random) {
  Policy p;
  p.deny = random.chance(1);
  p.allow_streaming = random.chance(95);
  p.allow_tools = random.chance(95);
  p.require_max_tokens = random.chance(10);
  if (random.chance(30)) p.allow_unpriced_models = random.chance(80);
  p.allowed_routes = random.some(kRoutes);
  p.allowed_models = random.some(kModelPatterns);
  p.allowed_providers = random.some(kProviders);
  p.allowed_services = random.some(kServices);
  p.allowed_hours_utc = random.some(std::vector<int>{0, 7, 8, 23});
  p.max_input_tokens_per_request = random.limit();
  p.max_output_tokens_per_request = random.limit();
  p.max_request_body_bytes = random.limit();
  p.max_tool_call_count = random.limit();
  p.max_tool_schema_bytes = random.limit();
  p.policy_version = 1 + random.below(5);
  return p;
}

struct Request {
  std::string route, model, provider, kind, service;
  PolicyInput input;
};

Request random_request(Random& random) {
  struct Target {
    const char* provider;
    const char* kind;
  };
  static constexpr Target kTargets[] = {{"openai", "openai"},       {"my-openai", "openai"},
                                        {"anthropic", "anthropic"}, {"openrouter", "openai"},
                                        {"litellm", "litellm"},     {"echo", "echo"}};
  static const std::vector<std::string> kAskedRoutes{"/v1/chat/completions", "/v1/messages", "/providers/*"};
  static const std::vector<std::string> kModels{"gpt-4o",        "gpt-5",      "claude-3", "meta/llama",
                                                "openai/gpt-4o", "meta/other", "x",        ""};
  Request r;
  const Target& target = kTargets[random.below(6)];
  r.provider = target.provider;
  r.kind = target.kind;
  r.route = kAskedRoutes[static_cast<std::size_t>(random.below(3))];
  r.model = kModels[static_cast<std::size_t>(random.below(8))];
  if (random.chance(50)) r.service = kServices[static_cast<std::size_t>(random.below(3))];
  r.input.stream = random.chance(50);
  r.input.tool_count = static_cast<std::size_t>(random.below(3));
  r.input.tools = r.input.tool_count > 0;
  r.input.tool_schema_bytes = static_cast<std::size_t>(random.below(6));
  r.input.request_body_bytes = static_cast<std::size_t>(random.below(6));
  if (random.chance(70)) r.input.estimated_input_tokens = random.below(6);
  if (random.chance(70)) r.input.max_output_tokens = random.below(6);
  constexpr int kHours[] = {0, 7, 8, 23, 12};
  r.input.now = core::SystemTime{} + std::chrono::days(20'000) + std::chrono::hours(kHours[random.below(5)]);
  return r;
}

bool allows(const Policy& policy, const Request& r) {
  PolicyInput input = r.input;
  input.route = r.route;
  input.model = r.model;
  input.provider = r.provider;
  input.provider_kind = r.kind;
  input.service = r.service;
  return !evaluate(policy, input).has_value();
}

constexpr int kRounds = 4'000;
constexpr int kRequests = 25;

// An empty intersection denies everything, also a request that the list would not be asked about.
bool names_everything(const Request& r) {
  return !r.model.empty() && !r.service.empty();
}

TEST(MergeProperty, AllowsExactlyWhatEveryPartAllows) {
  Random random(20'261'120);
  int allowed = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Policy a = random_policy(random);
    const Policy b = random_policy(random);
    const Policy c = random_policy(random);
    const Policy all = merge(merge(a, b), c);
    for (int i = 0; i < kRequests; ++i) {
      const Request request = random_request(random);
      const bool each = allows(a, request) && allows(b, request) && allows(c, request);
      const bool merged = allows(all, request);
      const bool must_equal = names_everything(request) || !all.deny;
      ASSERT_TRUE(must_equal ? merged == each : !merged)
          << "route " << request.route << " model " << request.model << " provider " << request.provider
          << "\n"
          << to_json(a) << "\n"
          << to_json(b) << "\n"
          << to_json(c) << "\n"
          << to_json(all);
      allowed += merged ? 1 : 0;
    }
  }
  EXPECT_GT(allowed, 2'000) << "a test that only ever denies shows nothing";
}

TEST(MergeProperty, OrderAndGroupingDoNotMatterToARequest) {
  Random random(7);
  for (int round = 0; round < kRounds; ++round) {
    const Policy a = random_policy(random);
    const Policy b = random_policy(random);
    const Policy c = random_policy(random);
    const Policy left = merge(merge(a, b), c);
    const Policy right = merge(a, merge(b, c));
    const Policy turned = merge(c, merge(b, a));
    ASSERT_EQ(left.policy_version, turned.policy_version);
    ASSERT_EQ(left.max_request_body_bytes, turned.max_request_body_bytes);
    ASSERT_EQ(left.allow_unpriced_models, turned.allow_unpriced_models);
    ASSERT_EQ(left.allow_unpriced_models, right.allow_unpriced_models);
    for (int i = 0; i < kRequests; ++i) {
      const Request request = random_request(random);
      ASSERT_EQ(allows(left, request), allows(right, request));
      ASSERT_EQ(allows(left, request), allows(turned, request));
    }
  }
}

TEST(MergeProperty, IsIdempotent) {
  Random random(11);
  for (int round = 0; round < kRounds; ++round) {
    const Policy a = merge(Policy{}, random_policy(random));  // tidied hours
    ASSERT_EQ(merge(a, a), a) << to_json(a);
    const Policy b = random_policy(random);
    const Policy ab = merge(a, b);
    ASSERT_EQ(merge(ab, ab), ab) << to_json(a) << "\n" << to_json(b);
  }
}

}  // namespace
}  // namespace relayna::domain
