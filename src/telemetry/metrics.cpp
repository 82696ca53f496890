#include "relayna/telemetry/metrics.hpp"

#include <exception>
#include <mutex>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "relayna/telemetry/log.hpp"

namespace relayna::telemetry {

void Counter::add(double by) const {
  if (c_ != nullptr) c_->Increment(by);
}
void Gauge::set(double v) const {
  if (g_ != nullptr) g_->Set(v);
}
void Gauge::add(double by) const {
  if (g_ != nullptr) g_->Increment(by);
}
void Histogram::observe(double v) const {
  if (h_ != nullptr) h_->Observe(v);
}

struct Metrics::State {
  template <class T>
  using Families = std::map<std::string, prometheus::Family<T>*>;

  mutable std::mutex mutex;
  prometheus::Registry registry;  // as a Collectable it is safe to read while handles count
  Families<prometheus::Counter> counters;
  Families<prometheus::Gauge> gauges;
  Families<prometheus::Histogram> histograms;
  std::vector<std::function<void()>> refreshers;

  /// The metric of `labels` in the family `name`, made by `builder` when it is new. A name that Prometheus
  /// does not accept, or one with two types, is a bug of the caller: it is logged and the handle counts
  /// nothing.
  template <class T, class... Args>
  T* find_or_add(Families<T>& families, auto builder, const std::string& name, const std::string& help,
                 const Labels& labels, const Args&... args) {
    try {
      const std::scoped_lock lock(mutex);
      auto& family = families[name];
      if (family == nullptr) family = &builder.Name(name).Help(help).Register(registry);
      return &family->Add(labels, args...);
    } catch (const std::exception& e) {
      log("telemetry")->error("metric {} is not kept, which is a bug: {}", name, e.what());
      return nullptr;
    }
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  return Counter(state_->find_or_add(state_->counters, prometheus::BuildCounter(), name, help, labels));
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return Gauge(state_->find_or_add(state_->gauges, prometheus::BuildGauge(), name, help, labels));
}

Histogram Metrics::histogram(const std::string& name, const std::string& help,
                             const std::vector<double>& buckets, const Labels& labels) {
  return Histogram(
      state_->find_or_add(state_->histograms, prometheus::BuildHistogram(), name, help, labels, buckets));
}

void Metrics::on_scrape(std::function<void()> refresh) {
  const std::scoped_lock lock(state_->mutex);
  state_->refreshers.push_back(std::move(refresh));
}

std::string Metrics::expose() const {
  std::vector<std::function<void()>> refreshers;
  {
    const std::scoped_lock lock(state_->mutex);
    refreshers = state_->refreshers;
  }
  for (const auto& refresh : refreshers) {
    try {
      refresh();
    } catch (const std::exception& e) {
      log("telemetry")->error("refreshing metrics threw, which is a bug: {}", e.what());
    }
  }
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

const std::string& LabelLimit::operator()(std::string_view value) {
  static const std::string kOther = "other";
  if (const auto known = seen_.find(value); known != seen_.end()) return known->second;
  if (seen_.size() >= limit_) return kOther;
  return seen_.emplace(value, value).first->second;
}

}  // namespace relayna::telemetry
