#include "store/sqlite/row.hpp"

#include <algorithm>

#include "relayna/core/ids.hpp"

namespace relayna::store::sqlite {

namespace {
std::string_view raw(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}
}  // namespace

void RowBinder::id(std::string_view, const std::string& value) {
  const core::Uuid uuid = core::Uuid::parse(value).value_or(core::Uuid{});
  if (form_ == Form::usage)
    statement_.bind_copied_blob(++parameter_, raw(uuid.bytes.data(), uuid.bytes.size()));
  else
    statement_.bind_copied_text(++parameter_, uuid.str());
}

void RowBinder::id_or_null(std::string_view name, const std::string& value) {
  if (value.empty())
    null();
  else
    id(name, value);
}

void RowBinder::text(std::string_view, const std::string& value) {
  if (form_ == Form::plain || storable(value))
    statement_.bind_text(++parameter_, value);
  else
    statement_.bind_copied_text(++parameter_, made_storable(value));
}

void RowBinder::text_or_null(std::string_view name, const std::string& value) {
  if (value.empty())
    null();
  else
    text(name, value);
}

void RowBinder::number_or_null(std::string_view name, const std::optional<std::int64_t>& value) {
  if (value)
    number(name, *value);
  else
    null();
}

void RowBinder::time(std::string_view, core::SystemTime value) {
  statement_.bind(++parameter_, value.time_since_epoch().count());
}

void RowBinder::time_or_null(std::string_view name, const std::optional<core::SystemTime>& value) {
  if (value)
    time(name, *value);
  else
    null();
}

void RowBinder::digest(std::string_view, const core::Digest& value) {
  statement_.bind_blob(++parameter_, raw(value.data(), value.size()));
}

void RowBinder::digest_or_null(std::string_view name, const std::optional<core::Digest>& value) {
  if (value)
    digest(name, *value);
  else
    null();
}

void RowBinder::policy(std::string_view, const domain::Policy& value) {
  statement_.bind_copied_text(++parameter_, domain::to_json(value));
}

bool RowReader::skip_null() {
  if (!statement_.is_null(column_)) return false;
  ++column_;
  return true;
}

void RowReader::id(std::string_view name, std::string& out) {
  const int column = column_++;
  const std::string_view bytes = statement_.bytes(column);
  if (!statement_.is_blob(column)) {
    out = bytes;
    return;
  }
  core::Uuid uuid;
  if (bytes.size() != uuid.bytes.size()) return note(name);
  std::ranges::copy(bytes, uuid.bytes.begin());
  out = uuid.str();
}

void RowReader::id_or_null(std::string_view name, std::string& out) {
  out.clear();
  if (!skip_null()) id(name, out);
}

void RowReader::number_or_null(std::string_view, std::optional<std::int64_t>& out) {
  out.reset();
  if (!skip_null()) out = statement_.integer(column_++);
}

void RowReader::time(std::string_view, core::SystemTime& out) {
  out = core::SystemTime(std::chrono::microseconds(statement_.integer(column_++)));
}

void RowReader::time_or_null(std::string_view name, std::optional<core::SystemTime>& out) {
  out.reset();
  if (!skip_null()) time(name, out.emplace());
}

void RowReader::digest(std::string_view name, core::Digest& out) {
  const std::string_view bytes = statement_.bytes(column_++);
  if (bytes.size() != out.size()) return note(name);
  std::ranges::copy(bytes, out.begin());
}

void RowReader::digest_or_null(std::string_view name, std::optional<core::Digest>& out) {
  out.reset();
  if (!skip_null()) digest(name, out.emplace());
}

void RowReader::policy(std::string_view name, domain::Policy& out) {
  auto policy = domain::policy_from_json(statement_.bytes(column_++));
  if (policy)
    out = std::move(*policy);
  else
    note(name);
}

}  // namespace relayna::store::sqlite
