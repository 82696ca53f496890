#include "control/usage/csv.hpp"
#include "control/usage/event_shape.hpp"
#include "control/usage/export_body.hpp"
#include "control/usage/usage.hpp"
#include "control/usage/usage_filter.hpp"

namespace relayna::control {

namespace {

using domain::UsageEvent;
using json::Document;

constexpr PeriodRule kPeriod{.ever_by_id = true};
constexpr std::size_t kEventsPerSlice = 500;

/// How requests are written one behind the other.
class Format {
 public:
  virtual ~Format() = default;
  [[nodiscard]] virtual std::string begin() const { return {}; }
  [[nodiscard]] virtual std::string end() const { return {}; }
  [[nodiscard]] virtual std::string write(const std::vector<UsageEvent>& events) = 0;
};

class Csv final : public Format {
 public:
  [[nodiscard]] std::string begin() const override {
    CsvWriter csv;
    for (const auto& field : event_shape().fields()) csv.text(field.name);
    csv.end_row();
    return csv.take();
  }
  [[nodiscard]] std::string write(const std::vector<UsageEvent>& events) override {
    CsvWriter csv;
    for (const auto& event : events) {
      for (const auto& [name, value] : event_shape().show(event, {}).items()) csv.value(value);
      csv.end_row();
    }
    return csv.take();
  }
};

/// An object per line.
class Lines final : public Format {
 public:
  [[nodiscard]] std::string write(const std::vector<UsageEvent>& events) override {
    std::string text;
    for (const auto& event : events) text.append(json::dump(event_shape().show(event, {}))).append("\n");
    return text;
  }
};

class Json final : public Format {
 public:
  [[nodiscard]] std::string begin() const override { return "{\"data\":["; }
  [[nodiscard]] std::string end() const override { return "]}\n"; }
  [[nodiscard]] std::string write(const std::vector<UsageEvent>& events) override {
    std::string text;
    for (const auto& event : events) {
      text.append(first_ ? "\n" : ",\n").append(json::dump(event_shape().show(event, {})));
      first_ = false;
    }
    return text;
  }

 private:
  bool first_ = true;
};

/// Pages of requests, the oldest first.
Slices slices(store::Store& store, store::UsageFilter filter, std::shared_ptr<Format> format) {
  store::EventQuery query{
      .filter = std::move(filter), .ascending = true, .limit = kEventsPerSlice, .after = {}};
  return [&store, query = std::move(query), format = std::move(format),
          first = true]() mutable -> core::Result<Slice> {
    const auto page = store.analytics().events(query);
    if (!page) return std::unexpected(page.error());
    Slice slice{.text = first ? format->begin() : std::string(), .rows = page->events.size()};
    slice.text += format->write(page->events);
    slice.last = !page->next.has_value();
    if (slice.last) slice.text += format->end();
    query.after = page->next;
    first = false;
    return slice;
  };
}

struct Kind {
  std::string_view extension;
  std::string_view content_type;
  std::string_view about;
  std::shared_ptr<Format> (*make)();
};
template <class F>
std::shared_ptr<Format> make() {
  return std::make_shared<F>();
}
constexpr Kind kKinds[] = {
    {"csv", "text/csv; charset=utf-8; header=present",
     "RFC 4180: lines end with CRLF. A text that a spreadsheet would take for a formula has an apostrophe "
     "before it.",
     make<Csv>},
    {"ndjson", "application/x-ndjson", "A UsageEvent per line.", make<Lines>},
    {"json", "application/json", "One document.", make<Json>},
};

runtime::Task<core::Result<http::Response>> run_export(const Resources& with, std::shared_ptr<Call> call,
                                                       const Kind& kind) {
  const auto filter = read_usage_filter(*call, kPeriod);
  if (!call->problems.empty()) co_return std::unexpected(call->problems.error());
  Export about{.what = "usage.export",
               .file = "relayna-usage." + std::string(kind.extension),
               .content_type = std::string(kind.content_type),
               .asked = show_period(filter)};
  co_return co_await answer_export(with, std::move(call), std::move(about),
                                   slices(with.store, filter, kind.make()));
}

Document schema(const Kind& kind) {
  if (kind.extension == "json") {
    return {{"type", "object"},
            {"required", {"data"}},
            {"additionalProperties", false},
            {"properties", {{"data", {{"type", "array"}, {"items", reference(event_shape().name())}}}}}};
  }
  if (kind.extension == "ndjson") return reference(event_shape().name());
  std::string columns;
  for (const auto& field : event_shape().fields())
    columns.append(columns.empty() ? "" : ",").append(field.name);
  return {{"type", "string"}, {"description", "The columns are the fields of UsageEvent: " + columns}};
}

}  // namespace

void add_usage_export(Api& api, const Resources& with) {
  for (const Kind& kind : kKinds) {
    const std::string extension(kind.extension);
    auto made = usage_reading("/admin/usage/export." + extension, "usage.export-" + extension,
                              "Export requests as " + extension);
    made.scope = "usage:export";
    made.about =
        std::string(kind.about) +
        " The oldest request first, as many as there are. An export that the gateway cannot finish ends "
        "without the end of the body, which HTTP clients report.";
    made.query = usage_filter_parameters(kPeriod);
    made.response = schema(kind);
    made.response_type = std::string(kind.content_type.substr(0, kind.content_type.find(';')));
    made.run = Operation::Async([&with, &kind](std::shared_ptr<Call> call, runtime::StopSource*) {
      return run_export(with, std::move(call), kind);
    });
    api.add(std::move(made));
  }
}

}  // namespace relayna::control
