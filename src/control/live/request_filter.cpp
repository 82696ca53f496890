#include "control/live/request_filter.hpp"

namespace relayna::control {

namespace {

constexpr std::string_view kStatusClasses[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
constexpr std::string_view kFlags[] = {"true", "false"};

bool is(const std::optional<std::string>& wanted, std::string_view value) {
  return !wanted || *wanted == value;
}

/// The gateway keeps names up to a length: a longer one is compared as far as it was kept.
template <std::size_t N>
bool is(const std::optional<std::string>& wanted, const pipeline::ShortText<N>& value) {
  if (!wanted) return true;
  pipeline::ShortText<N> kept;
  kept = *wanted;
  return kept.view() == value.view();
}

}  // namespace

bool RequestFilter::operator()(const pipeline::FinishedRequest& request) const {
  if (errors_only && request.status < 400 && request.error_code.empty()) return false;
  if (status_class && request.status / 100 != *status_class) return false;
  return is(key_id, request.key_id) && is(project_id, request.project_id) && is(model, request.model) &&
         is(provider, request.provider) && is(route, request.route);
}

RequestFilter RequestFilter::read(Call& call) {
  RequestFilter filter;
  filter.key_id = call.query.take("key_id");
  filter.project_id = call.query.take("project_id");
  filter.model = call.query.take("model");
  filter.provider = call.query.take("provider");
  filter.route = call.query.take("route");
  for (const auto* id : {&filter.key_id, &filter.project_id}) {
    if (*id && !core::Uuid::parse(**id)) {
      call.problems.add(id == &filter.key_id ? "key_id" : "project_id", "must be a UUID");
    }
  }
  if (const auto given = call.query.take_choice("status_class", kStatusClasses, call.problems))
    filter.status_class = given->front() - '0';
  if (const auto given = call.query.take_choice("errors", kFlags, call.problems))
    filter.errors_only = *given == "true";
  return filter;
}

std::vector<Parameter> RequestFilter::parameters() {
  const json::Document text{{"type", "string"}};
  const json::Document id{{"type", "string"}, {"format", "uuid"}};
  return {{"key_id", id, "Of this virtual key."},
          {"project_id", id, "Of this project."},
          {"model", text, "With this model, as it was asked of the upstream."},
          {"provider", text, "Answered or last tried by this provider."},
          {"route", text, "On this route: `/v1/chat/completions`."},
          {"status_class",
           {{"type", "string"}, {"enum", {"1xx", "2xx", "3xx", "4xx", "5xx"}}},
           "With such a status."},
          {"errors", {{"type", "boolean"}}, "`true`: only those that failed."}};
}

}  // namespace relayna::control
