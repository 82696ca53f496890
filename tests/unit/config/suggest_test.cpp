#include "relayna/config/suggest.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace relayna::config {
namespace {

constexpr std::array<std::string_view, 4> kNames{"providers", "projects", "policies", "GATEWAY_BIND_ADDR"};

TEST(Suggest, FindsWhatWasMeant) {
  EXPECT_EQ(nearest("provider", kNames), "providers");
  EXPECT_EQ(nearest("porviders", kNames), "providers");
  EXPECT_EQ(nearest("Projects", kNames), "projects");
  EXPECT_EQ(nearest("GATEWAY_BIND_ADDRESS", kNames), "GATEWAY_BIND_ADDR");
  EXPECT_EQ(nearest("colour", kNames), "");
  EXPECT_EQ(nearest("", kNames), "");
  EXPECT_EQ(nearest(std::string(10'000, 'p'), kNames), "");
}

TEST(Suggest, ShowsOnlyWhatLooksLikeAName) {
  EXPECT_EQ(printable_name("max_rpm"), "max_rpm");
  EXPECT_EQ(printable_name("/v1/models/*"), "/v1/models/*");
  for (const std::string& name :
       {std::string("sk-proj-abc"), "rk_live_" + std::string(64, 'a'), std::string(49, 'a'),
        std::string("a b"), std::string("line\nbreak"), std::string(), std::string("op_live_abc")}) {
    EXPECT_EQ(printable_name(name), "…") << name;
  }
}

}  // namespace
}  // namespace relayna::config
