#include "relayna/http/fields.hpp"

#include <gtest/gtest.h>

namespace relayna::http {
namespace {

Fields some() {
  Fields fields;
  fields.add("Host", "example.com");
  fields.add("X-List", "a, B ,c");
  fields.add("x-list", "d");
  fields.add("Empty", "");
  return fields;
}

TEST(Fields, KeepsOrderAndSpelling) {
  const Fields fields = some();
  std::string text;
  for (const Field f : fields) text.append(f.name).append("=").append(f.value).append(";");
  EXPECT_EQ(text, "Host=example.com;X-List=a, B ,c;x-list=d;Empty=;");
  EXPECT_EQ(fields.size(), 4U);
}

TEST(Fields, FindsWithoutRegardToCase) {
  const Fields fields = some();
  EXPECT_EQ(fields.get("hOST"), "example.com");
  EXPECT_EQ(fields.get("X-LIST"), "a, B ,c") << "the first of several";
  EXPECT_EQ(fields.count("x-list"), 2U);
  EXPECT_TRUE(fields.find("empty"));
  EXPECT_FALSE(fields.find("absent"));
  EXPECT_EQ(fields.get("absent"), "");
  EXPECT_FALSE(fields.find("Hos"));
  EXPECT_FALSE(fields.find("Hostt"));
}

TEST(Fields, ComparesLettersOnly) {
  Fields fields;
  fields.add("a^b", "1");  // 0x5e and 0x7e differ by the bit that makes letters lower case
  fields.add("[x]", "2");
  EXPECT_FALSE(fields.find("a~b"));
  EXPECT_FALSE(fields.find("{x}"));
}

TEST(Fields, LooksIntoLists) {
  const Fields fields = some();
  EXPECT_TRUE(fields.has_token("x-list", "b"));
  EXPECT_TRUE(fields.has_token("X-List", "D"));
  EXPECT_FALSE(fields.has_token("x-list", "a, B"));
  EXPECT_FALSE(fields.has_token("x-list", "e"));
  EXPECT_FALSE(fields.has_token("absent", "a"));
  EXPECT_FALSE(fields.has_token("host", "example"));
}

TEST(Fields, SetReplacesEveryFieldOfThatName) {
  Fields fields = some();
  fields.set("X-List", "only");
  EXPECT_EQ(fields.count("x-list"), 1U);
  EXPECT_EQ(fields.get("x-list"), "only");
  fields.set("new", "n");
  EXPECT_EQ(fields.get("new"), "n");
}

TEST(Fields, TakesItsOwnTextBack) {
  Fields fields = some();
  fields.set("Host", fields.get("x-list"));
  EXPECT_EQ(fields.get("host"), "a, B ,c");
  for (int i = 0; i < 100; ++i) fields.add("copy", fields.get("host"));
  EXPECT_EQ(fields[fields.size() - 1].value, "a, B ,c");
  fields.set("host", fields.get("host"));
  EXPECT_EQ(fields.get("host"), "a, B ,c");
}

TEST(Fields, RemovesAndClears) {
  Fields fields = some();
  fields.remove("X-LIST");
  EXPECT_EQ(fields.size(), 2U);
  fields.remove("absent");
  EXPECT_EQ(fields.size(), 2U);
  fields.clear();
  EXPECT_EQ(fields.size(), 0U);
  EXPECT_FALSE(fields.find("host"));
  fields.add("again", "yes");
  EXPECT_EQ(fields.get("again"), "yes");
}

TEST(Fields, CopiesAreIndependent) {
  Fields a = some();
  const Fields b = a;
  a.set("host", "changed");
  EXPECT_EQ(b.get("host"), "example.com");
}

TEST(HopByHop, NamesTheFieldsOfOneHop) {
  for (const char* name : {"Connection", "keep-alive", "TE", "Trailer", "Transfer-Encoding", "UPGRADE",
                           "Proxy-Authorization", "proxy-connection", "Proxy-Authenticate"}) {
    EXPECT_TRUE(is_hop_by_hop(name)) << name;
  }
  for (const char* name :
       {"Content-Length", "Host", "Accept", "T", "proxy-", "proxy", "", "Content-Encoding"}) {
    EXPECT_FALSE(is_hop_by_hop(name)) << name;
  }
}

TEST(HopByHop, ConnectionNamesMore) {
  Fields fields;
  fields.add("Connection", "close, X-Internal");
  EXPECT_TRUE(connection_names(fields, "x-internal"));
  EXPECT_FALSE(connection_names(fields, "x-external"));
}

}  // namespace
}  // namespace relayna::http
