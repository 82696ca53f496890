#include "control/live/request_filter.hpp"

#include <gmock/gmock.h>

#include "control/api/query_check.hpp"

namespace relayna::control {
namespace {

constexpr const char* kKey = "0a000000-0000-7000-8000-000000000001";

pipeline::FinishedRequest finished(int status, std::string_view error = {}) {
  pipeline::FinishedRequest request;
  request.key_id = kKey;
  request.model = "m-1";
  request.provider = "acme";
  request.route = "/v1/chat/completions";
  request.status = status;
  request.error_code = error;
  return request;
}
/// Whether a request passes the filter of a query string.
bool passes(std::string_view query, const pipeline::FinishedRequest& request) {
  Operation operation;
  operation.query = RequestFilter::parameters();
  Call call;
  call.operation = &operation;
  call.query = Query::parse(query, call.problems);
  check_query(call);
  const auto filter = RequestFilter::read(call);
  EXPECT_TRUE(call.problems.empty()) << query;
  return filter(request);
}

TEST(RequestFilter, LetsEverythingThroughUnlessTold) {
  EXPECT_TRUE(passes("", finished(200)));
  EXPECT_TRUE(passes("", finished(401, "missing_authorization")));
}

TEST(RequestFilter, ComparesWhatIsSet) {
  EXPECT_TRUE(passes(std::string("key_id=") + kKey, finished(200)));
  EXPECT_FALSE(passes("key_id=0a000000-0000-7000-8000-000000000002", finished(200)));
  EXPECT_TRUE(passes("model=m-1&provider=acme&route=/v1/chat/completions", finished(200)));
  EXPECT_FALSE(passes("model=m-1&provider=other", finished(200)));
  EXPECT_FALSE(passes("model=m-", finished(200)));
  EXPECT_FALSE(passes("route=/v1/messages", finished(200)));
}

TEST(RequestFilter, KnowsFailures) {
  EXPECT_TRUE(passes("status_class=4xx", finished(404)));
  EXPECT_FALSE(passes("status_class=4xx", finished(500)));
  EXPECT_TRUE(passes("errors=true", finished(429)));
  EXPECT_TRUE(passes("errors=true", finished(200, "upstream_protocol"))) << "an answer that broke";
  EXPECT_FALSE(passes("errors=true", finished(200)));
  EXPECT_TRUE(passes("errors=false", finished(200)));
}

TEST(RequestFilter, ComparesLongNamesAsFarAsTheyAreKept) {
  auto request = finished(200);
  const std::string longer(200, 'x');
  request.model = longer;
  EXPECT_TRUE(passes("model=" + longer, request));
}

TEST(RequestFilter, SaysWhatIsWrong) {
  for (const auto* query : {"key_id=k", "project_id=1", "status_class=2", "status_class=9xx", "errors=yes"}) {
    Call call;
    call.query = Query::parse(query, call.problems);
    RequestFilter::read(call);
    EXPECT_EQ(call.problems.all().size(), 1U) << query;
  }
}

}  // namespace
}  // namespace relayna::control
