#include "domain/address_range.hpp"

#include <gtest/gtest.h>

namespace relayna::domain {
namespace {

bool covers(std::string_view a, std::string_view b) {
  const auto x = AddressRange::parse(a);
  const auto y = AddressRange::parse(b);
  EXPECT_TRUE(x && y) << a << " " << b;
  return x && y && x->covers(*y);
}

TEST(AddressRange, AcceptsAddressesAndPrefixes) {
  for (const char* text : {"10.0.0.0/8", "192.168.1.7", "0.0.0.0/0", "1.2.3.4/32", "::1", "::/0",
                           "2001:db8::/32", "fe80::1/128", "::ffff:10.0.0.0/104", "2001:db8:0:0:1:2:3:4"}) {
    EXPECT_TRUE(AddressRange::parse(text)) << text;
  }
}

TEST(AddressRange, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "/8",
                           "10.0.0.0/",
                           "10.0.0.0/33",
                           "10.0.0.0/08",
                           "::/00",
                           "10.0.0.0/-1",
                           "10.0.0.0/8 ",
                           " 10.0.0.0/8",
                           "10.0.0/8",
                           "10.0.0.256",
                           "010.1.1.1.1",
                           "::/129",
                           ":::",
                           "localhost",
                           "10.0.0.0/8/8",
                           "10.0.0.0/+8",
                           "10.0.0.0/0x8",
                           "fe80::1%eth0",
                           "1.2.3.4/ 8",
                           "2001:db8:0:0:1:2:3:4:5:6:7:8:9:10:11:12:13:14:15"}) {
    EXPECT_FALSE(AddressRange::parse(text)) << text;
  }
  EXPECT_FALSE(AddressRange::parse(std::string_view("10.0.0.1\0", 9)));
}

TEST(AddressRange, CoversWhatLiesInside) {
  EXPECT_TRUE(covers("10.0.0.0/8", "10.1.2.3"));
  EXPECT_TRUE(covers("10.0.0.0/8", "10.0.0.0/8"));
  EXPECT_TRUE(covers("10.64.0.0/10", "10.127.255.255"));
  EXPECT_FALSE(covers("10.64.0.0/10", "10.128.0.0"));
  EXPECT_FALSE(covers("10.1.0.0/16", "10.0.0.0/8"));
  EXPECT_TRUE(covers("2001:db8::/32", "2001:db8:1::/48"));
  EXPECT_FALSE(covers("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(covers("0.0.0.0/0", "255.255.255.255"));
}

TEST(AddressRange, FamiliesDoNotMixButMappedAddressesAreIPv4) {
  EXPECT_FALSE(covers("::/0", "10.0.0.1"));
  EXPECT_FALSE(covers("0.0.0.0/0", "::1"));
  EXPECT_TRUE(covers("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_TRUE(covers("::ffff:10.0.0.0/104", "10.1.2.3"));
  EXPECT_FALSE(covers("::ffff:0:0/95", "10.1.2.3")) << "wider than the mapped block is IPv6";
}

}  // namespace
}  // namespace relayna::domain
