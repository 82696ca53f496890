#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "relayna/counters/counters.hpp"

namespace relayna::test {

/// What counters should say, found the obvious way: the list of all requests is added up at every question.
class CountersModel {
 public:
  /// Of a scope whose limits will be durable.
  void seed(const std::string& scope, const domain::Balance& balance) { seeds_[scope] = balance; }

  counters::Admission admit(const counters::AdmitRequest& request, core::SystemTime now);
  counters::Extension extend(const std::string& id, counters::Amounts more, core::SystemTime now);
  /// Whether it was known.
  bool settle(const std::string& id, counters::Amounts used, core::SystemTime now);
  void release(const std::string& id);
  [[nodiscard]] counters::Use use(const counters::Scope& scope, core::SystemTime now) const;
  void reset(const counters::Reset& reset) { resets_.push_back(reset); }
  [[nodiscard]] std::vector<std::string> open() const;

 private:
  struct Placement {
    std::int64_t second = 0;
    std::int64_t tokens = 0;
  };
  struct Part {
    counters::Scope scope;
    bool durable = false;  // the scope counts by day and in money
    bool window = false;
  };
  struct Request {
    std::string id;
    core::SystemTime at;
    counters::Amounts amounts;
    std::vector<Placement> tokens;
    std::vector<Part> parts;
    bool open = true;
  };

  [[nodiscard]] std::int64_t used(const std::string& scope, domain::LimitKind kind,
                                  core::SystemTime now) const;
  [[nodiscard]] std::int64_t oldest(const std::string& scope, domain::LimitKind kind,
                                    core::SystemTime now) const;
  [[nodiscard]] bool fits(const std::string& scope, domain::LimitKind kind, std::int64_t limit,
                          std::int64_t amount, core::SystemTime now) const;
  [[nodiscard]] std::optional<std::int64_t> wait(const std::string& scope, domain::LimitKind kind,
                                                 std::int64_t limit, std::int64_t amount,
                                                 core::SystemTime now) const;
  [[nodiscard]] std::optional<counters::Refusal> refusal(const std::vector<counters::Scope>& scopes,
                                                         bool request, counters::Amounts amounts,
                                                         core::SystemTime now) const;
  /// How full the request's scopes are.
  [[nodiscard]] counters::Standing standing(const counters::Scope& scope, core::SystemTime now) const;
  void add_standings(const counters::AdmitRequest& request, counters::Admission& admission,
                     core::SystemTime now) const;
  Request* find(const std::string& id);

  std::vector<Request> requests_;  // released ones are gone
  std::map<std::string, domain::Balance> seeds_;
  std::vector<counters::Reset> resets_;  // of days and money
};

}  // namespace relayna::test
