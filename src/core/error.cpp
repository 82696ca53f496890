#include "relayna/core/error.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/error_table.hpp"

namespace relayna::core {

namespace {

using detail::kErrorTable;

constexpr bool table_follows_enum() {
  for (std::size_t i = 0; i < kErrorTable.size(); ++i) {
    if (static_cast<std::size_t>(kErrorTable[i].code) != i) return false;
  }
  return true;
}
static_assert(table_follows_enum(), "row i of the error table must describe code i");

constexpr bool rows_are_complete() {
  for (const ErrorInfo& row : kErrorTable) {
    if (row.name.empty() || row.message.empty() || row.meaning.empty()) return false;
    if (row.openai_type.empty() || row.anthropic_type.empty() || row.gemini_status.empty()) return false;
    if (row.http_status < 400 || row.http_status > 599) return false;
  }
  return true;
}
static_assert(rows_are_complete(), "every code needs a name, types, an error status and both texts");

std::string_view file_name(const std::source_location& where) {
  const std::string_view path = where.file_name();
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

const ErrorInfo& error_info(ErrorCode code) noexcept {
  const auto row = static_cast<std::size_t>(code);
  return row < kErrorTable.size() ? kErrorTable[row]
                                  : kErrorTable[static_cast<std::size_t>(ErrorCode::internal_error)];
}

std::span<const ErrorInfo> error_table() noexcept {
  return kErrorTable;
}

Error::Error(ErrorCode c, std::string public_message, std::string private_detail,
             std::source_location location)
    : code(c), message(std::move(public_message)), detail(std::move(private_detail)), where(location) {}

Error& Error::with_param(std::string name) & {
  param = std::move(name);
  return *this;
}

Error&& Error::with_param(std::string name) && {
  param = std::move(name);
  return std::move(*this);
}

Error&& Error::with_retry_after(std::chrono::seconds after) && {
  retry_after = after;
  return std::move(*this);
}

Error&& Error::with_reason(std::string rule) && {
  reason = std::move(rule);
  return std::move(*this);
}

Error&& Error::with_limit(std::string limited_scope, std::string limit) && {
  scope = std::move(limited_scope);
  reason = std::move(limit);
  return std::move(*this);
}

std::string_view Error::public_message() const noexcept {
  return message.empty() ? info().message : std::string_view(message);
}

std::string Error::describe() const {
  std::string out = fmt::format("{}: {}", info().name, public_message());
  if (!detail.empty()) out += fmt::format(" ({})", detail);
  out += fmt::format(" [{}:{}]", file_name(where), where.line());
  return out;
}

}  // namespace relayna::core
