#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/time.hpp"
#include "relayna/domain/counter_set.hpp"
#include "relayna/domain/effective_policy.hpp"
#include "relayna/upstream/dispatcher.hpp"

namespace relayna::pipeline {

/// At most N bytes of text, kept in place, so that what is remembered has a fixed size. Longer text is cut
/// between characters.
template <std::size_t N>
class ShortText {
 public:
  ShortText() = default;
  ShortText& operator=(std::string_view text) noexcept {
    std::size_t size = std::min(text.size(), N);
    while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
    std::copy_n(text.data(), size, bytes_.data());
    size_ = static_cast<std::uint16_t>(size);
    return *this;
  }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), size_}; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

 private:
  static_assert(N < 65'536);
  std::array<char, N> bytes_;
  std::uint16_t size_ = 0;
};

/// What a request spends its time on, in the order of the pipeline.
enum class Stage : std::uint8_t {
  auth,      ///< from the complete head until it is known who calls
  read,      ///< route, body, what the body says
  policy,    ///< candidates, layers, rules
  admit,     ///< limits
  upstream,  ///< until the answer's head: all attempts
  stream,    ///< relaying the answer
  settle,    ///< its books, on the gateway's own time
};
inline constexpr std::size_t kStages = 7;
std::string_view to_string(Stage stage) noexcept;
using StageTimes = std::array<core::Duration, kStages>;

/// One try of one candidate, as it is remembered.
struct RememberedAttempt {
  ShortText<64> provider;
  int status = 0;               ///< of its answer; 0: there was none
  std::string_view error_code;  ///< of the error table: why there was none
  core::Duration connect{};     ///< 0: on a connection that was open
  core::Duration took{};        ///< until the answer's head
};

/// Which rules held for a request. Shared by all requests of the same key, route and model.
struct AppliedRules {
  std::int64_t catalog_revision = 0;
  std::int64_t policy_version = 0;
  std::vector<domain::AppliedLayer> layers;
  domain::CounterSet scopes;  ///< end users are not filled in
};

/// A request that has ended, as operators see it: ids, names, figures; never a body, a header or a secret.
struct FinishedRequest {
  core::SystemTime began{};
  core::SystemTime ended{};
  ShortText<36> request_id;
  ShortText<32> trace_id;
  ShortText<128> correlation_id;
  ShortText<36> key_id;
  ShortText<36> project_id;
  ShortText<36> team_id;
  ShortText<128> end_user;
  ShortText<8> method;
  std::string_view route;  ///< a label, which lives for ever
  ShortText<160> path;
  ShortText<96> model;
  ShortText<64> provider;
  std::string_view credential_source;  ///< a name, which lives for ever
  int status = 0;
  std::string_view error_code;  ///< of the error table; empty: none
  ShortText<64> error_reason;   ///< the rule or limit that refused
  bool stream = false;
  bool client_gone = false;
  std::optional<std::int64_t> input_tokens;
  std::optional<std::int64_t> output_tokens;
  std::optional<std::int64_t> cost_nanos;
  ShortText<16> usage_source;
  std::int64_t reserved_tokens = 0;
  std::int64_t reserved_nanos = 0;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  core::Duration took{};
  std::optional<core::Duration> time_to_first_token;
  StageTimes stages{};
  int attempts_made = 0;
  std::size_t attempts_traced = 0;
  int fallbacks = 0;
  std::array<RememberedAttempt, upstream::Attempts::kTraced> attempts;  ///< the first of them
  std::shared_ptr<const AppliedRules> rules;  ///< null: refused before they were known
};

}  // namespace relayna::pipeline
