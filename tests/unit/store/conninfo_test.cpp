#include "store/postgres/conninfo.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace relayna::store::postgres {
namespace {

using namespace std::chrono_literals;

std::string value(const Target& target, std::string_view keyword) {
  const auto found = std::ranges::find(target, keyword, &Target::value_type::first);
  return found == target.end() ? "(unset)" : found->second;
}

ConnectOptions options(const std::string& url) {
  auto parsed = connect_options({.url = url});
  EXPECT_TRUE(parsed) << url;
  return parsed ? std::move(*parsed) : ConnectOptions{};
}

TEST(Conninfo, ReadsAUrl) {
  const auto parsed = options("postgres://me:p%40ss@db.example.test:6543/gateway?sslmode=verify-full");
  EXPECT_EQ(parsed.display, "db.example.test:6543/gateway");
  ASSERT_EQ(parsed.targets.size(), 1U);
  const Target& target = parsed.targets[0];
  EXPECT_EQ(value(target, "host"), "db.example.test");
  EXPECT_EQ(value(target, "port"), "6543");
  EXPECT_EQ(value(target, "user"), "me");
  EXPECT_EQ(value(target, "password"), "p@ss");
  EXPECT_EQ(value(target, "dbname"), "gateway");
  EXPECT_EQ(value(target, "sslmode"), "verify-full");
}

TEST(Conninfo, AddsWhatKeepsACallBounded) {
  const auto parsed = options("postgresql://db/gateway");
  const Target& target = parsed.targets.at(0);
  EXPECT_EQ(value(target, "application_name"), "relayna-gateway");
  EXPECT_EQ(value(target, "client_encoding"), "UTF8");
  EXPECT_EQ(value(target, "options"), "-c statement_timeout=5000");
  EXPECT_EQ(value(target, "tcp_user_timeout"), "8000");
  EXPECT_EQ(value(target, "keepalives_idle"), "10");
  EXPECT_EQ(parsed.connect_timeout, 3s);
}

TEST(Conninfo, TheUrlHasTheLastWord) {
  const auto parsed = options(
      "postgres://db/gateway?application_name=blue&connect_timeout=9&keepalives_idle=99&tcp_user_timeout=1&"
      "options=-c%20search_path%3Dgateway");
  const Target& target = parsed.targets.at(0);
  EXPECT_EQ(value(target, "application_name"), "blue");
  EXPECT_EQ(value(target, "keepalives_idle"), "99");
  EXPECT_EQ(value(target, "tcp_user_timeout"), "1");
  EXPECT_EQ(value(target, "options"), "-c search_path=gateway -c statement_timeout=5000");
  EXPECT_EQ(parsed.connect_timeout, 9s);
  EXPECT_EQ(value(options("postgres://db/x?options=-c%20statement_timeout%3D7").targets.at(0), "options"),
            "-c statement_timeout=7");
}

TEST(Conninfo, SeveralHostsAreSeveralTargets) {
  const auto parsed = options("postgres://me:pw@a:1,b:2,c/gateway?target_session_attrs=read-write");
  ASSERT_EQ(parsed.targets.size(), 3U);
  EXPECT_EQ(value(parsed.targets[0], "host"), "a");
  EXPECT_EQ(value(parsed.targets[1], "host"), "b");
  EXPECT_EQ(value(parsed.targets[1], "port"), "2");
  EXPECT_EQ(value(parsed.targets[2], "host"), "c");
  EXPECT_EQ(value(parsed.targets[2], "port"), "");
  EXPECT_EQ(value(parsed.targets[2], "password"), "pw");
  EXPECT_EQ(value(parsed.targets[2], "target_session_attrs"), "read-write");
  EXPECT_EQ(parsed.display, "a:1,b:2,c:5432/gateway");
  const auto one_port = options("postgres:///gateway?host=a,b&port=7");
  EXPECT_EQ(value(one_port.targets.at(1), "port"), "7");
  EXPECT_EQ(one_port.display, "a:7,b:7/gateway");
}

TEST(Conninfo, DisplaysWhereItLeadsAndNobodysName) {
  EXPECT_EQ(options("postgres://").display, "localhost:5432/");
  EXPECT_EQ(options("postgres://me:secret@db").display, "db:5432/");
  EXPECT_EQ(options("postgres://[::1]:77/x").display, "[::1]:77/x");
  EXPECT_EQ(options("postgres:///x?host=/run/postgresql").display, "/run/postgresql:5432/x");
  EXPECT_EQ(options("postgres:///x?hostaddr=10.0.0.1").display, "10.0.0.1:5432/x");
}

TEST(Conninfo, RefusesWhatIsNoUrlWithoutQuotingIt) {
  for (const std::string url :
       {"", "postgres", "mysql://me:hunter2@db/x", "host=db password=hunter2",
        "postgres://me:hunter2@db:port/x?hunter2", "postgres://me:hunter2%zz@db/x", "postgres://[::1/x",
        "postgres://db/x?hunter2=1", "postgres+psycopg://me:hunter2@db"}) {
    const auto refused = connect_options({.url = url});
    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(refused.error().code, core::ErrorCode::invalid_configuration);
    EXPECT_EQ(refused.error().describe().find("hunter2"), std::string::npos) << refused.error().describe();
  }
}

TEST(Conninfo, MakingAStoreDoesNotConnect) {
  const auto store = make_postgres_store({.url = "postgres://me:secret@192.0.2.1/x"});
  ASSERT_TRUE(store);
  EXPECT_EQ((*store)->describe(), "postgres 192.0.2.1:5432/x");
  EXPECT_FALSE(make_postgres_store({.url = "postgres://db/x", .max_connections = 0}));
}

}  // namespace
}  // namespace relayna::store::postgres
