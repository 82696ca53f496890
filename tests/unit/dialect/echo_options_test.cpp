#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/dialect/echo.hpp"

namespace relayna::dialect {
namespace {

using ::testing::HasSubstr;
using Headers = std::vector<std::pair<std::string_view, std::string_view>>;

TEST(EchoOptions, DefaultsAndOtherHeaders) {
  const auto options = parse_echo_options(Headers{{"content-type", "x"}, {"x-echo", "y"}, {"x-other", "1"}});
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->latency.count(), 0);
  EXPECT_EQ(options->chunk_bytes, 16U);
  EXPECT_EQ(options->chunk_delay.count(), 0);
  EXPECT_EQ(options->output_tokens, std::nullopt);
  EXPECT_EQ(options->tool_calls, 0);
  EXPECT_EQ(options->status, 200);
  EXPECT_EQ(options->fault, "");
}

TEST(EchoOptions, ReadsEveryHeaderWhateverItsCase) {
  const auto options = parse_echo_options(Headers{{"X-Echo-Latency-Ms", "250"},
                                                  {"x-echo-chunk-bytes", " 3 "},
                                                  {"x-echo-chunk-delay-ms", "5"},
                                                  {"x-echo-output-tokens", "0"},
                                                  {"x-echo-tool-calls", "2"},
                                                  {"x-echo-status", "429"},
                                                  {"x-echo-fault", "stall"}});
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->latency.count(), 250);
  EXPECT_EQ(options->chunk_bytes, 3U);
  EXPECT_EQ(options->chunk_delay.count(), 5);
  EXPECT_EQ(options->output_tokens, 0);
  EXPECT_EQ(options->tool_calls, 2);
  EXPECT_EQ(options->status, 429);
  EXPECT_EQ(options->fault, "stall");
}

TEST(EchoOptions, RefusesNamingTheHeaderAndWhatIsRight) {
  struct {
    std::string_view name, value, says;
  } const cases[] = {{"x-echo-latency-ms", "-1", "from 0 to 600000"},
                     {"x-echo-latency-ms", "600001", "from 0 to 600000"},
                     {"x-echo-latency-ms", "1.5", "an integer"},
                     {"x-echo-latency-ms", "", "an integer"},
                     {"x-echo-chunk-bytes", "0", "from 1 to"},
                     {"x-echo-chunk-delay-ms", "5ms", "an integer"},
                     {"x-echo-output-tokens", "99999999999999999999", "from 0 to 262144"},
                     {"x-echo-tool-calls", "129", "from 0 to 128"},
                     {"x-echo-status", "201", "200 or an error status"},
                     {"x-echo-status", "600", "200 or an error status"},
                     {"x-echo-fault", "explode", "reset, truncate, error-event, stall"},
                     {"x-echo-latncy-ms", "5", "x-echo-latency-ms"}};
  for (const auto& test : cases) {
    const auto options = parse_echo_options(Headers{{test.name, test.value}});
    ASSERT_FALSE(options.has_value()) << test.name << "=" << test.value;
    EXPECT_EQ(options.error().code, core::ErrorCode::invalid_request);
    EXPECT_EQ(options.error().param, test.name);
    EXPECT_THAT(options.error().message, HasSubstr(test.says));
    EXPECT_THAT(options.error().message, HasSubstr(test.name));
  }
}

}  // namespace
}  // namespace relayna::dialect
