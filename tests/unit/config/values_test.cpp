#include "relayna/config/values.hpp"

#include <gtest/gtest.h>

namespace relayna::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(Values, Boolean) {
  for (const auto text : {"true", "TRUE", " yes ", "on", "1"})
    EXPECT_EQ(parse_boolean(text).value_or(false), true) << text;
  for (const auto text : {"false", "No", "off", "0"})
    EXPECT_EQ(parse_boolean(text).value_or(true), false) << text;
  for (const auto text : {"", " ", "sometimes", "2", "tru", "true false"})
    EXPECT_FALSE(parse_boolean(text)) << text;
}

TEST(Values, IntegerKeepsItsBounds) {
  EXPECT_EQ(parse_integer("1", 1, 9).value_or(-1), 1);
  EXPECT_EQ(parse_integer("9", 1, 9).value_or(-1), 9);
  EXPECT_EQ(parse_integer("9223372036854775807", 0, INT64_MAX).value_or(-1), INT64_MAX);
  for (const auto text :
       {"0", "10", "-1", "+5", "5.0", "5e0", "0x5", "", "5 5", "9223372036854775808", "five"}) {
    EXPECT_FALSE(parse_integer(text, 1, 9)) << text;
  }
  EXPECT_EQ(parse_integer("10", 1, 9).error(), "must be a whole number from 1 to 9");
}

TEST(Values, Duration) {
  const auto ms = [](std::string_view text) {
    return parse_duration(text, milliseconds(0)).value_or(milliseconds(-1)).count();
  };
  EXPECT_EQ(ms("90"), 90'000);
  EXPECT_EQ(ms("90s"), 90'000);
  EXPECT_EQ(ms(" 5m "), 300'000);
  EXPECT_EQ(ms("6h"), 21'600'000);
  EXPECT_EQ(ms("250ms"), 250);
  EXPECT_EQ(ms("0"), 0);
  EXPECT_EQ(ms("7 s"), 7'000);
  for (const auto text : {"", "s", "-5s", "5d", "1h30m", "1.5h", "5 minutes", "99999999999999999999s",
                          "9223372036854775807h"}) {
    EXPECT_EQ(ms(text), -1) << text;
  }
}

TEST(Values, DurationKeepsItsBounds) {
  EXPECT_TRUE(parse_duration("1s", milliseconds(1'000), hours(1)));
  EXPECT_TRUE(parse_duration("1h", milliseconds(1'000), hours(1)));
  EXPECT_FALSE(parse_duration("999ms", milliseconds(1'000), hours(1)));
  EXPECT_FALSE(parse_duration("3601s", milliseconds(1'000), hours(1)));
  EXPECT_EQ(parse_duration("61m", milliseconds(1'000), hours(1)).error(), "must be a duration from 1s to 1h");
  EXPECT_EQ(format_duration(milliseconds(1'500)), "1500ms");
  EXPECT_EQ(format_duration(milliseconds(90'000)), "90s");
  EXPECT_EQ(format_duration(milliseconds(0)), "0s");
}

TEST(Values, BindAddress) {
  const auto show = [](std::string_view text) -> std::string {
    const auto address = parse_bind_address(text);
    return address ? address->ip + " " + std::to_string(address->port) : "–";
  };
  EXPECT_EQ(show("127.0.0.1:8080"), "127.0.0.1 8080");
  EXPECT_EQ(show(":0"), "0.0.0.0 0");
  EXPECT_EQ(show("[::]:8081"), ":: 8081");
  EXPECT_EQ(show(" [2001:db8::1]:65535 "), "2001:db8::1 65535");
  for (const auto text :
       {"", "8080", "127.0.0.1", "localhost:8080", "::1:8080", "[127.0.0.1]:1", "[::1]", "1.2.3:80",
        "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:", "[]:80", "127.0.0.1:80 ,", "256.0.0.1:80"}) {
    EXPECT_EQ(show(text), "–") << text;
  }
  EXPECT_NE(parse_bind_address("::1:8080").error().find("brackets"), std::string::npos);
  EXPECT_NE(parse_bind_address("localhost:8080").error().find("not a host name"), std::string::npos);
}

TEST(Values, BaseUrl) {
  for (const auto text : {"http://litellm:4000", "https://api.openai.com/v1/", "HTTPS://h",
                          "http://[::1]:80/x", "http://10.0.0.1", "http://my_host-1.internal"}) {
    EXPECT_FALSE(base_url_problem(text)) << text;
  }
  for (const auto text : {"",
                          "litellm:4000",
                          "ftp://h",
                          "http://",
                          "http:///x",
                          "http://h:0",
                          "http://h:65536",
                          "http://h:",
                          "http://h:x",
                          "http://a b",
                          "http://h?x=1",
                          "http://h/#f",
                          "http://user@h",
                          "http://user:pass@h/",
                          "http://[::1",
                          "http://[::1]x",
                          "http://[1.2.3.4]",
                          "http://h\n",
                          "://h",
                          "http://ex ample",
                          "http://h\x7f"}) {
    EXPECT_TRUE(base_url_problem(text)) << text;
  }
}

TEST(Values, DatabaseUrl) {
  for (const auto text :
       {"postgres://u:p@h:5432/db?sslmode=require", "postgresql://h", "postgresql:///db?host=/run/postgresql",
        "postgres://a:1,b:2/db", "sqlite:///data/gateway.db"}) {
    EXPECT_FALSE(database_url_problem(text)) << text;
  }
  for (const auto text : {"", "mysql://h/db", "postgres:/h", "postgres://", "sqlite://", "sqlite:///",
                          "sqlite:///dir/", "sqlite:x.db", "postgres://h /db"}) {
    EXPECT_TRUE(database_url_problem(text)) << text;
  }
  EXPECT_EQ(sqlite_path("sqlite:///data/gateway.db").value_or(""), "/data/gateway.db");
  EXPECT_FALSE(sqlite_path("postgres://h/db"));
}

TEST(Values, RedisUrl) {
  for (const auto text : {"redis://h", "redis://h:6379/", "rediss://user:p%40ss@h:6380/15",
                          "redis://:pass@[::1]:6379/0", "memory://"}) {
    EXPECT_FALSE(redis_url_problem(text)) << text;
  }
  for (const auto text : {"", "h:6379", "http://h", "redis://", "redis://h:0", "redis://h/x", "redis://h/1/2",
                          "redis://h?db=1", "memory://x", "redis://h/-1"}) {
    EXPECT_TRUE(redis_url_problem(text)) << text;
  }
}

TEST(Values, ProxyOriginCidr) {
  EXPECT_FALSE(proxy_url_problem("http://user:pass@proxy:3128"));
  EXPECT_TRUE(proxy_url_problem("socks5://proxy:1080"));
  EXPECT_TRUE(proxy_url_problem("http://proxy/path"));
  EXPECT_FALSE(origin_problem("*"));
  EXPECT_FALSE(origin_problem("https://app.example.com:8443"));
  EXPECT_TRUE(origin_problem("https://app.example.com/"));
  EXPECT_TRUE(origin_problem("app.example.com"));
  for (const auto text : {"10.0.0.0/8", "::1", "192.168.1.7", "fd00::/8", "0.0.0.0/0", "::/128"})
    EXPECT_FALSE(cidr_problem(text)) << text;
  for (const auto text :
       {"", "10.0.0.0/33", "::/129", "10.0.0/8", "host", "10.0.0.0/", "10.0.0.0/-1", "/8"}) {
    EXPECT_TRUE(cidr_problem(text)) << text;
  }
}

TEST(Values, LogFilter) {
  for (const auto text : {"info", "WARN", "proxy=debug", "proxy=debug,store=warn,info",
                          "gateway_api=info, gateway_proxy=info", "off"}) {
    EXPECT_FALSE(log_filter_problem(text)) << text;
  }
  for (const auto text :
       {"", ",", "loud", "proxy=", "=info", "proxy=loud", "info,warn", "Proxy Module=info"}) {
    EXPECT_TRUE(log_filter_problem(text)) << text;
  }
}

TEST(Values, TokensHeadersRatios) {
  EXPECT_FALSE(token_problem("op_live_" + std::string(64, 'a'), "op_live_"));
  for (const std::string& text :
       {std::string("op_live_") + std::string(63, 'a'), "op_live_" + std::string(64, 'g'),
        "rk_live_" + std::string(64, 'a'), std::string()}) {
    EXPECT_TRUE(token_problem(text, "op_live_")) << text;
  }
  EXPECT_FALSE(header_name_problem("X-Relayna-Key"));
  for (const auto text : {"", "a b", "a:b", "ä"}) EXPECT_TRUE(header_name_problem(text)) << text;
  EXPECT_FALSE(header_list_problem("api-key=abc, x-team=ml=1"));
  for (const auto text : {"api-key", "=x", "a b=c"}) EXPECT_TRUE(header_list_problem(text)) << text;
  EXPECT_TRUE(parse_ratio("0.25"));
  for (const auto text : {"", "-0.1", "1.1", "nan", "inf", "half", "0,5"})
    EXPECT_FALSE(parse_ratio(text)) << text;
}

TEST(Values, ListsDropBlanks) {
  EXPECT_EQ(split_list(" a, b ,,c, "), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(split_list(" , ").empty());
}

}  // namespace
}  // namespace relayna::config
