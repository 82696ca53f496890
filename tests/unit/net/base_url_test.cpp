#include <gtest/gtest.h>

#include "relayna/net/connector.hpp"

namespace relayna::net {
namespace {

TEST(BaseUrl, SplitsWhatIsRight) {
  struct Case {
    const char* url;
    const char* origin;
    const char* authority;
    const char* path;
  };
  const Case cases[] = {
      {"https://api.openai.com", "https://api.openai.com:443", "api.openai.com", ""},
      {"https://api.openai.com/", "https://api.openai.com:443", "api.openai.com", ""},
      {"https://api.openai.com/v1", "https://api.openai.com:443", "api.openai.com", "/v1"},
      {"https://api.openai.com/v1///", "https://api.openai.com:443", "api.openai.com", "/v1"},
      {"HTTP://LiteLLM:4000/Base/Path/", "http://litellm:4000", "litellm:4000", "/Base/Path"},
      {"http://localhost:80", "http://localhost:80", "localhost", ""},
      {"https://h:80", "https://h:80", "h:80", ""},
      {"http://h:443", "http://h:443", "h:443", ""},
      {"http://127.0.0.1:8000/x", "http://127.0.0.1:8000", "127.0.0.1:8000", "/x"},
      {"http://[::1]:8000/x", "http://[::1]:8000", "[::1]:8000", "/x"},
      {"https://[2001:DB8:0:0::1]", "https://[2001:db8::1]:443", "[2001:db8::1]", ""},
      {"https://example.com./v1", "https://example.com:443", "example.com", "/v1"},
      {"https://my_host.svc.cluster.local", "https://my_host.svc.cluster.local:443",
       "my_host.svc.cluster.local", ""},
      {"https://h/a%20b//c", "https://h:443", "h", "/a%20b//c"},
      {"https://1password.com", "https://1password.com:443", "1password.com", ""},
      {"https://xn--bcher-kva.example", "https://xn--bcher-kva.example:443", "xn--bcher-kva.example", ""},
      {"http://h:65535", "http://h:65535", "h:65535", ""},
      {"http://h:1", "http://h:1", "h:1", ""},
  };
  for (const auto& c : cases) {
    const auto url = BaseUrl::parse(c.url);
    ASSERT_TRUE(url) << c.url << ": " << url.error().message;
    EXPECT_EQ(url->origin.str(), c.origin) << c.url;
    EXPECT_EQ(url->origin.authority(), c.authority) << c.url;
    EXPECT_EQ(url->path, c.path) << c.url;
  }
}

TEST(BaseUrl, RefusesWhatIsWrongAndSaysWhy) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "http:// or https://"},
      {"api.openai.com", "http:// or https://"},
      {"ftp://h", "http:// or https://"},
      {"file:///etc/passwd", "http:// or https://"},
      {"//h/v1", "http:// or https://"},
      {"http:/h", "http:// or https://"},
      {"https://", "no host"},
      {"https:///v1", "no host"},
      {"https://:443", "no host"},
      {"https://.", "no host"},
      {"https://user@h", "user name"},
      {"https://user:secret@h", "user name"},
      {"https://h?x=1", "query"},
      {"https://h/v1?", "query"},
      {"https://h/v1#top", "fragment"},
      {"https://h:0", "port"},
      {"https://h:65536", "port"},
      {"https://h:", "port"},
      {"https://h:80x", "port"},
      {"https://h:-1", "port"},
      {"https://h:80:80", "port"},
      {"https://h h", "space"},
      {"https://h/a b", "space"},
      {" https://h", "space"},
      {"https://h\n", "space"},
      {"https://h\\@evil", "space"},
      {"https://b\xc3\xbc"
       "cher.example",
       "space"},
      {std::string("https://h\0x", 11), "space"},
      {"https://-h.example", "not a host name"},
      {"https://h..example", "not a host name"},
      {"https://h%2fx", "not a host name"},
      {"https://h*", "not a host name"},
      {"https://" + std::string(64, 'a'), "not a host name"},
      {"https://" + std::string(300, 'a'), "too long"},
      {"https://h/" + std::string(3000, 'a'), "longer than 2048"},
      {"http://2130706433", "four numbers"},
      {"http://0x7f000001", "four numbers"},
      {"http://127.1", "four numbers"},
      {"http://0177.0.0.1", "four numbers"},
      {"http://127.0.0.0x1", "four numbers"},
      {"http://256.0.0.1", "four numbers"},
      {"http://[::1", "bracket"},
      {"http://[::1]x", "follows"},
      {"http://[127.0.0.1]", "IPv6"},
      {"http://[fe80::1%25eth0]", "IPv6"},
      {"http://[]", "IPv6"},
      {"http://::1", "host"},
      {"https://h/../admin", "\"..\""},
      {"https://h/a/./b", "\".\""},
      {"https://h/%2e%2E/admin", "\"..\""},
      {"https://h/%zz", "escape"},
  };
  for (const auto& [text, why] : cases) {
    const auto url = BaseUrl::parse(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, core::ErrorCode::invalid_configuration);
    EXPECT_NE(url.error().message.find(why), std::string::npos) << text << ": " << url.error().message;
    EXPECT_EQ(url.error().message.find("secret"), std::string::npos);
  }
}

TEST(Origin, OrdersAndCompares) {
  const Origin a{true, "h", 443};
  EXPECT_EQ(a, (Origin{true, "h", 443}));
  EXPECT_NE(a, (Origin{false, "h", 443}));
  EXPECT_NE(a, (Origin{true, "h", 444}));
}

}  // namespace
}  // namespace relayna::net
