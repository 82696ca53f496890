#include "control/live/finished_request_json.hpp"
#include "control/live/live.hpp"
#include "control/live/request_filter.hpp"
#include "control/live/tail.hpp"

namespace relayna::control {

namespace {

constexpr std::int64_t kMostRecent = 1'000;

/// The filter of a call that takes nothing else, or what is wrong with it.
core::Result<RequestFilter> only_filter(Call& call) {
  auto filter = RequestFilter::read(call);
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  return filter;
}

runtime::Task<core::Result<http::Response>> follow(Live with, std::shared_ptr<TailProbe> probe,
                                                   std::shared_ptr<Call> call, runtime::StopSource* stop) {
  auto filter = only_filter(*call);
  if (!filter) co_return std::unexpected(std::move(filter.error()));
  if (probe->subscribers >= TailProbe::kMostSubscribers) {
    co_return core::fail(core::ErrorCode::gateway_overloaded,
                         "32 operators follow this replica already; close a tail that nobody reads.");
  }
  auto response = plain_answer(200, call->request_id);
  response.head.fields.add("Content-Type", "text/event-stream");
  response.head.fields.add("X-Accel-Buffering", "no");  // nginx would hold events back
  response.body = std::make_unique<TailBody>(with, std::move(probe), std::move(*filter), stop);
  co_return response;
}

Operation tail(const Live& with) {
  Operation made;
  made.method = "GET";
  made.path = "/admin/requests/tail";
  made.scope = "requests:read";
  made.id = "requests.tail";
  made.tag = "Live requests";
  made.summary = "Follow requests as they end";
  made.about =
      "Server-sent events of this replica: `replica` first (who answers), then a `request` for each, "
      "`dropped` "
      "with a `count` when the reader was too slow, and a comment every 15 s. Other replicas have tails of "
      "their own.";
  made.query = RequestFilter::parameters();
  made.response = reference("FinishedRequest");
  made.response_type = "text/event-stream";
  made.errors = {core::ErrorCode::gateway_overloaded};
  auto probe = std::make_shared<TailProbe>(with.metrics);
  made.run = Operation::Async([with, probe](std::shared_ptr<Call> call, runtime::StopSource* stop) {
    return follow(with, probe, std::move(call), stop);
  });
  return made;
}

Operation recent(const Live& with) {
  Operation made;
  made.method = "GET";
  made.path = "/admin/requests/recent";
  made.scope = "requests:read";
  made.id = "requests.recent";
  made.tag = "Live requests";
  made.summary = "The last requests of this replica, the newest first";
  made.about = "What it remembers: the last 1,024 of each of its threads, until it restarts.";
  made.query = RequestFilter::parameters();
  made.query.push_back({"limit",
                        {{"type", "integer"}, {"minimum", 1}, {"maximum", kMostRecent}, {"default", 100}},
                        "How many."});
  made.response = {{"type", "object"},
                   {"properties",
                    {{"data", {{"type", "array"}, {"items", reference("FinishedRequest")}}},
                     {"replica", replica_schema()}}}};
  made.run = Operation::Blocking([with](Call& call) -> core::Result<Answer> {
    const auto limit = call.query.take_number("limit", 1, kMostRecent, 100, call.problems);
    auto filter = only_filter(call);
    if (!filter) return std::unexpected(std::move(filter.error()));
    json::Document data = json::Document::array();
    for (const auto& request : with.feed.recent(static_cast<std::size_t>(limit), *filter))
      data.push_back(show(request));
    Answer answer;
    answer.body = {{"data", std::move(data)}, {"replica", show(with.replica)}};
    return answer;
  });
  return made;
}

}  // namespace

json::Document show(const ThisReplica& replica) {
  return {{"id", replica.id}, {"host", replica.host}, {"version", replica.version}};
}

json::Document replica_schema() {
  json::Document fields = json::Document::object();
  for (const char* name : {"id", "host", "version"}) fields[name] = {{"type", "string"}};
  return {{"type", "object"}, {"description", "Who answers."}, {"properties", std::move(fields)}};
}

void add_requests(Api& api, const Live& with) {
  api.add_schema("FinishedRequest", finished_request_schema());
  api.add(tail(with));
  api.add(recent(with));
}

}  // namespace relayna::control
