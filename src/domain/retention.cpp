#include "relayna/domain/retention.hpp"

#include "relayna/json/document.hpp"

#include "domain/settings_reader.hpp"

namespace relayna::domain {

std::string to_json(const Retention& retention) {
  return json::dump({{"usage_days", retention.usage_days}, {"audit_days", retention.audit_days}});
}

core::Result<Retention> parse_retention(std::string_view text, const Retention& configured) {
  auto document = json::parse(text);
  if (!document) return std::unexpected(std::move(document.error()));
  if (!document->is_object()) return core::fail(core::ErrorCode::invalid_request, ": must be an object");
  Retention retention = configured;
  SettingsReader read(*document);
  read.number("usage_days", 0, kMostRetentionDays, retention.usage_days);
  read.number("audit_days", 0, kMostRetentionDays, retention.audit_days);
  read.finish();
  if (!read.problems().empty()) return core::fail(core::ErrorCode::invalid_request, read.problems());
  return retention;
}

std::optional<core::SystemTime> kept_since(std::int64_t days, core::SystemTime now) noexcept {
  if (days <= 0) return std::nullopt;
  return now - std::chrono::days(days);
}

}  // namespace relayna::domain
