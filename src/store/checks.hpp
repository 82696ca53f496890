#pragma once

#include <string>
#include <string_view>

#include "relayna/core/ids.hpp"

#include "store/fields.hpp"
#include "store/json_columns.hpp"
#include "store/tables.hpp"
#include "store/text.hpp"

// What both databases refuse in the same words, before or after asking them.

namespace relayna::store {

core::Error bad_id(std::string_view field);
core::Error bad_text(std::string_view field);
/// `what` exists already: a unique name, an id.
core::Error taken(std::string_view field);
/// `field` names something that does not exist.
core::Error dangling(std::string_view field);
core::Error missing(std::string_view kind);
/// The database was told to give up: the statement timeout.
core::Error took_too_long(std::string detail);
/// Rows of `kind` refer to what was to be removed.
core::Error in_use(std::string_view kind);
/// A stored row that this binary cannot read: a newer one may have written it.
core::Error unreadable(std::string_view table, std::string_view id, std::string_view field);

/// The id in its one spelling (lower case); nullopt when it is none.
std::optional<std::string> canonical_id(std::string_view id);

/// Visitor: ids are UUIDs, texts are storable, policies valid.
class RowChecker {
 public:
  std::optional<core::Error> problem;
  void id(std::string_view name, const std::string& value) {
    if (!core::Uuid::parse(value)) note(bad_id(name));
  }
  void id_or_null(std::string_view name, const std::string& value) {
    if (!value.empty()) id(name, value);
  }
  void text(std::string_view name, const std::string& value) {
    if (!storable(value)) note(bad_text(name));
  }
  void text_or_null(std::string_view name, const std::string& value) { text(name, value); }
  void flag(std::string_view, bool) {}
  void number(std::string_view, std::int64_t) {}
  void number_or_null(std::string_view, const std::optional<std::int64_t>&) {}
  void time(std::string_view, core::SystemTime) {}
  void time_or_null(std::string_view, const std::optional<core::SystemTime>&) {}
  void digest(std::string_view, const core::Digest&) {}
  void digest_or_null(std::string_view, const std::optional<core::Digest>&) {}
  /// What could not be read back would deny everything, or fail every load.
  void policy(std::string_view name, const domain::Policy& value) {
    if (auto read = domain::policy_from_json(domain::to_json(value)); !read)
      note(std::move(read.error().with_param(std::string(name))));
  }
  template <class T>
  void json(std::string_view name, const std::vector<T>& value) {
    if (!storable_json(value)) note(bad_text(name));
  }
  template <class E>
  void choice(std::string_view, const E&) {}

 private:
  void note(core::Error error) {
    if (!problem) problem = std::move(error);
  }
};

template <class R>
core::Result<void> check(const R& row) {
  RowChecker checker;
  fields(row, checker);
  if (checker.problem) return std::unexpected(std::move(*checker.problem));
  return {};
}

/// Usage events carry what callers sent: texts are made storable instead of refused.
core::Result<void> check_usage(const domain::UsageEvent& event);

/// Ids are UUIDs or empty.
core::Result<void> check_balance(const BalanceQuery& query);

core::Result<void> check_secret(const std::string& name, const std::string& value);
/// What is stored is not what the caller expected.
core::Error secret_changed();

/// The layer with scope_id in one spelling; invalid_request when it must be an id and is none.
core::Result<domain::PolicyLayer> with_canonical_scope(domain::PolicyLayer layer);

/// The limit with its target in one spelling; invalid_request when that must be an id and is none.
core::Result<domain::Limit> with_canonical_target(domain::Limit limit);

/// What could not be read back, or prices nothing, is refused.
core::Result<void> check_price(const domain::Price& price);

/// What clients sent, made storable instead of refused: it must not keep them from signing in, or what was
/// done from being recorded.
domain::Session with_storable_texts(domain::Session session);
domain::AuditEvent with_storable_texts(domain::AuditEvent event);

/// The row as it may be stored, or what is wrong with it.
template <class R>
core::Result<R> acceptable(R row) {
  if constexpr (std::same_as<R, domain::Session> || std::same_as<R, domain::AuditEvent>)
    row = with_storable_texts(std::move(row));
  if (auto ok = check(row); !ok) return std::unexpected(std::move(ok.error()));
  if constexpr (std::same_as<R, domain::PolicyLayer>) return with_canonical_scope(std::move(row));
  if constexpr (std::same_as<R, domain::Limit>) return with_canonical_target(std::move(row));
  if constexpr (std::same_as<R, domain::PriceOverride>) {
    if (auto ok = check_price(row.price); !ok) return std::unexpected(std::move(ok.error()));
  }
  return row;
}

}  // namespace relayna::store
