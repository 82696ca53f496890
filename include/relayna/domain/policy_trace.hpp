#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/domain/effective_policy.hpp"

// Why a policy says what it says: for people who ask, never while a request waits.

namespace relayna::domain {

enum class Verdict : std::uint8_t {
  passed,
  refused,
  not_applicable,  ///< the policy does not limit this, or the request has nothing of it
};
std::string_view to_string(Verdict verdict) noexcept;

/// What one rule of `evaluate` says of a request.
struct RuleVerdict {
  std::string_view rule;  ///< the policy's field, as `Denial::reason` names it
  Verdict verdict = Verdict::not_applicable;
  std::string message;  ///< of a refusal; empty otherwise
};

/// Every rule of `evaluate` in its order, also those behind the first that refuses. It walks the same table:
/// the first refusal is what `evaluate` answers.
std::vector<RuleVerdict> judge(const Policy& policy, const PolicyInput& input);
/// The rules' names in that order.
std::vector<std::string_view> policy_rules();

/// What has a say in an effective policy: a layer, or the key itself. Points into what it was found in.
struct PolicySource {
  const PolicyLayer* layer = nullptr;  ///< null: the key
  const Policy* policy = nullptr;
};
/// Those that apply, in the order of merging; the key's own comes last.
std::vector<PolicySource> policy_sources(const std::vector<PolicyLayer>& layers, const Policy& key_policy,
                                         const PolicyScope& scope);

/// Who made a field of the merged policy what it is.
struct FieldOrigin {
  std::string_view field;
  std::vector<PolicySource> sources;
};
/// One per field that somebody speaks of, in the order of `policy_fields.hpp`. Of a number: who says the
/// minimum; of a list: everybody who has one, since they intersect. `deny` is also theirs whose lists have
/// nothing in common.
std::vector<FieldOrigin> origins(const std::vector<PolicySource>& sources);

}  // namespace relayna::domain
