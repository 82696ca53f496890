#include "relayna/net/address.hpp"

#include <gtest/gtest.h>

namespace relayna::net {
namespace {

Address addr(std::string_view text) {
  return boost::asio::ip::make_address(text);
}

TEST(Cidr, ParsesMasksAndPrints) {
  const std::pair<const char*, const char*> cases[] = {
      {"10.0.0.0/8", "10.0.0.0/8"},
      {"10.1.2.3/8", "10.0.0.0/8"},
      {"192.168.1.7", "192.168.1.7"},
      {"192.168.1.7/32", "192.168.1.7"},
      {"172.16.99.1/12", "172.16.0.0/12"},
      {"1.2.3.4/0", "0.0.0.0/0"},
      {"10.0.0.130/25", "10.0.0.128/25"},
      {" 10.0.0.0/8 ", "10.0.0.0/8"},
      {"::1", "::1"},
      {"fd12:3456::1/8", "fd00::/8"},
      {"2001:db8::ffff/33", "2001:db8::/33"},
      {"::/0", "::/0"},
      {"::ffff:10.1.2.3", "10.1.2.3"},
      {"::ffff:10.1.2.3/104", "10.0.0.0/8"},
  };
  for (const auto& [text, printed] : cases) {
    const auto cidr = Cidr::parse(text);
    ASSERT_TRUE(cidr) << text;
    EXPECT_EQ(cidr->str(), printed);
  }
}

TEST(Cidr, RefusesWhatIsNoRange) {
  for (const char* text : {"",
                           "/",
                           "/8",
                           "10.0.0.0/",
                           "10.0.0.0/33",
                           "10.0.0.0/-1",
                           "10.0.0.0/+8",
                           "10.0.0.0/8x",
                           "10.0.0.0/08",
                           "10.0.0.0/8/8",
                           "10.0.0",
                           "10",
                           "300.1.1.1",
                           "010.0.0.1",
                           "0x7f.0.0.1",
                           "::1/129",
                           "fe80::1%eth0",
                           "fe80::1%1/64",
                           "[::1]",
                           "example.com",
                           "10.0.0.0 /8",
                           "10.0.0.0/99999999999999999999",
                           ":::"}) {
    const auto cidr = Cidr::parse(text);
    ASSERT_FALSE(cidr) << text;
    EXPECT_EQ(cidr.error().code, core::ErrorCode::invalid_configuration);
    EXPECT_NE(cidr.error().message.find("10.0.0.0/8"), std::string::npos) << "an example of a right value";
  }
}

TEST(Cidr, ContainsToTheBit) {
  struct Case {
    const char* range;
    const char* inside;
    const char* outside;
  };
  const Case cases[] = {
      {"10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
      {"172.16.0.0/12", "172.31.255.255", "172.32.0.0"},
      {"10.0.0.128/25", "10.0.0.128", "10.0.0.127"},
      {"10.0.0.0/31", "10.0.0.1", "10.0.0.2"},
      {"192.168.1.7", "192.168.1.7", "192.168.1.6"},
      {"fc00::/7", "fdff::1", "fe00::"},
      {"2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"},
      {"::1", "::1", "::2"},
      {"10.0.0.0/8", "::ffff:10.1.1.1", "::ffff:11.1.1.1"},
      {"::/0", "2001:db8::", "10.0.0.1"},
      {"0.0.0.0/0", "255.255.255.255", "::1"},
  };
  for (const auto& c : cases) {
    const auto cidr = Cidr::parse(c.range);
    ASSERT_TRUE(cidr) << c.range;
    EXPECT_TRUE(cidr->contains(addr(c.inside))) << c.range << " " << c.inside;
    EXPECT_FALSE(cidr->contains(addr(c.outside))) << c.range << " " << c.outside;
  }
}

TrustedProxies proxies(std::initializer_list<const char*> ranges) {
  TrustedProxies trusted;
  for (const char* range : ranges) trusted.ranges.push_back(*Cidr::parse(range));
  return trusted;
}

TEST(TrustedProxies, FindsTheClient) {
  const auto trusted = proxies({"10.0.0.0/8", "fd00::/8"});
  struct Case {
    const char* peer;
    const char* header;
    const char* client;
    const char* why;
  };
  const Case cases[] = {
      {"203.0.113.9", "1.2.3.4", "203.0.113.9", "an untrusted peer may claim nothing"},
      {"10.0.0.1", "", "10.0.0.1", "no header"},
      {"10.0.0.1", "203.0.113.9", "203.0.113.9", "one hop"},
      {"10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9", "a chain of trusted hops"},
      {"10.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9", "what the client itself claimed is left of it"},
      {"10.0.0.1", "10.9.9.9, 203.0.113.9, 10.0.0.2", "203.0.113.9",
       "a trusted address claimed by the client"},
      {"10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3", "all trusted: the leftmost"},
      {"10.0.0.1", "203.0.113.9:4711", "203.0.113.9", "with a port"},
      {"10.0.0.1", "[2001:db8::5]:4711", "2001:db8::5", "IPv6 with a port"},
      {"10.0.0.1", "[2001:db8::5]", "2001:db8::5", "IPv6 in brackets"},
      {"10.0.0.1", "2001:db8::5", "2001:db8::5", "bare IPv6"},
      {"fd00::1", "203.0.113.9", "203.0.113.9", "an IPv6 proxy"},
      {"::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9", "a dual-stack listener's peer"},
      {"::ffff:203.0.113.9", "1.2.3.4", "203.0.113.9", "mapped, untrusted"},
      {"10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9", "mapped in the header"},
      {"10.0.0.1", "unknown", "10.0.0.1", "garbage at once"},
      {"10.0.0.1", "203.0.113.9, unknown, 10.0.0.2", "10.0.0.2", "garbage stops at the last good one"},
      {"10.0.0.1", "203.0.113.9,,10.0.0.2", "10.0.0.2", "an empty element is garbage"},
      {"10.0.0.1", "203.0.113.9,", "10.0.0.1", "a trailing comma"},
      {"10.0.0.1", "[10.0.0.5], 10.0.0.2", "10.0.0.2", "brackets around IPv4"},
      {"10.0.0.1", "[::1", "10.0.0.1", "an open bracket"},
      {"10.0.0.1", "[::1]x", "10.0.0.1", "something after the bracket"},
      {"10.0.0.1", "fe80::1%eth0", "10.0.0.1", "a zone"},
      {"10.0.0.1", "  203.0.113.9\t", "203.0.113.9", "blanks"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(trusted.client(addr(c.peer), c.header).to_string(), c.client) << c.why;
  }
}

TEST(TrustedProxies, WithoutRangesNobodyIsTrusted) {
  const TrustedProxies none;
  EXPECT_FALSE(none.trusts(addr("127.0.0.1")));
  EXPECT_EQ(none.client(addr("127.0.0.1"), "1.2.3.4").to_string(), "127.0.0.1");
}

}  // namespace
}  // namespace relayna::net
