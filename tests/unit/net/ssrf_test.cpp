#include <gtest/gtest.h>

#include "relayna/net/address.hpp"

namespace relayna::net {
namespace {

using Private = SsrfPolicy::Private;

std::string refusal(const SsrfPolicy& policy, const char* address) {
  return policy.refusal(boost::asio::ip::make_address(address));
}

// Refused under every setting.
constexpr const char* kForbidden[] = {
    "169.254.169.254",
    "169.254.0.1",
    "169.254.170.2",
    "169.254.255.255",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "febf:ffff::1",
    "ff02::1",
    "ff00::",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    // the same, dressed as IPv6
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "::169.254.169.254",
    "::ffff:0:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "2002:a9fe:a9fe::1",
    "64:ff9b::100.100.100.200",
    "2002:a83f:8110::1",
    "2001:0:4136:e378:8000:63bf:5601:5601",
};

// Under the setting.
constexpr const char* kPrivate[] = {
    "127.0.0.1",        "127.255.255.254",
    "10.0.0.0",         "10.255.255.255",
    "172.16.0.1",       "172.31.255.255",
    "192.168.0.1",      "192.168.255.255",
    "100.64.0.1",       "100.127.255.255",
    "198.18.0.1",       "198.19.255.255",
    "192.0.0.1",        "::1",
    "fc00::1",          "fdff:ffff::1",
    "fec0::1",          "64:ff9b:1::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::127.0.0.1",      "64:ff9b::10.0.0.1",
    "64:ff9b::7f00:1",  "2002:7f00:1::1",
    "2002:c0a8:101::",  "::ffff:0:192.168.1.1",
};

constexpr const char* kPublic[] = {
    "8.8.8.8",         "1.1.1.1",
    "9.255.255.255",   "11.0.0.0",
    "172.15.255.255",  "172.32.0.0",
    "192.167.255.255", "192.169.0.0",
    "100.63.255.255",  "100.128.0.0",
    "126.255.255.255", "128.0.0.0",
    "169.253.255.255", "169.255.0.0",
    "168.63.129.15",   "168.63.129.17",
    "198.17.255.255",  "198.20.0.0",
    "223.255.255.255", "192.0.1.1",
    "2606:4700::1111", "2001:4860:4860::8888",
    "fbff::1",         "64:ff9b::8.8.8.8",
    "2002:808:808::1", "::ffff:8.8.8.8",
};

TEST(Ssrf, ForbiddenAddressesAreRefusedWhateverTheSetting) {
  const std::vector<Cidr> everything{*Cidr::parse("0.0.0.0/0"), *Cidr::parse("::/0")};
  for (const char* address : kForbidden) {
    for (const auto setting : {Private::allow, Private::deny, Private::listed}) {
      EXPECT_NE(refusal({setting, everything}, address), "") << address;
    }
  }
}

TEST(Ssrf, PrivateAddressesFollowTheSetting) {
  const std::vector<Cidr> everything{*Cidr::parse("0.0.0.0/0"), *Cidr::parse("::/0")};
  for (const char* address : kPrivate) {
    EXPECT_EQ(refusal({Private::allow, {}}, address), "") << address;
    EXPECT_NE(refusal({Private::deny, everything}, address).find("GATEWAY_UPSTREAM_PRIVATE"),
              std::string::npos)
        << address;
    EXPECT_NE(refusal({Private::listed, {}}, address), "") << address;
    EXPECT_EQ(refusal({Private::listed, everything}, address), "") << address;
  }
}

TEST(Ssrf, PublicAddressesAreAlwaysReachable) {
  for (const char* address : kPublic) {
    for (const auto setting : {Private::allow, Private::deny, Private::listed}) {
      EXPECT_EQ(refusal({setting, {}}, address), "") << address;
    }
  }
}

TEST(Ssrf, AListAllowsItsRangesOnly) {
  const SsrfPolicy policy{Private::listed, {*Cidr::parse("10.1.0.0/16"), *Cidr::parse("::1")}};
  EXPECT_EQ(refusal(policy, "10.1.2.3"), "");
  EXPECT_EQ(refusal(policy, "::ffff:10.1.2.3"), "");
  EXPECT_EQ(refusal(policy, "64:ff9b::10.1.2.3"), "");
  EXPECT_EQ(refusal(policy, "::1"), "");
  EXPECT_NE(refusal(policy, "10.2.0.1"), "");
  EXPECT_NE(refusal(policy, "127.0.0.1"), "");
  EXPECT_NE(refusal(policy, "64:ff9b::10.2.0.1"), "");
  EXPECT_EQ(refusal(policy, "8.8.8.8"), "");
}

TEST(Ssrf, SaysWhy) {
  EXPECT_EQ(refusal({}, "169.254.169.254"), "169.254.169.254 is link-local, which is never connected to");
  EXPECT_EQ(refusal({}, "168.63.129.16"),
            "168.63.129.16 is a cloud metadata service, which is never connected to");
  EXPECT_EQ(refusal({Private::deny, {}}, "127.0.0.1"),
            "127.0.0.1 is loopback, which GATEWAY_UPSTREAM_PRIVATE does not allow");
}

}  // namespace
}  // namespace relayna::net
