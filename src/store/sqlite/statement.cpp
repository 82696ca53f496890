#include "store/sqlite/statement.hpp"

#include <utility>

#include "store/sqlite/faults.hpp"

namespace relayna::store::sqlite {

namespace {
/// SQLITE_STATIC: the caller keeps the bytes.
constexpr sqlite3_destructor_type kKept = nullptr;
/// SQLITE_TRANSIENT without its old-style cast.
sqlite3_destructor_type copied() {
  return reinterpret_cast<sqlite3_destructor_type>(std::intptr_t{-1});
}
/// A null pointer would bind NULL.
const char* data(std::string_view bytes) {
  return bytes.data() == nullptr ? "" : bytes.data();
}
}  // namespace

Statement::Statement(Statement&& other) noexcept : prepared_(std::exchange(other.prepared_, nullptr)) {}

Statement::~Statement() {
  if (prepared_ == nullptr) return;
  sqlite3_reset(prepared_);
  sqlite3_clear_bindings(prepared_);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) throw Failure(code, sqlite3_errmsg(sqlite3_db_handle(prepared_)));
}

void Statement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(prepared_, parameter, value));
}
void Statement::bind_null(int parameter) {
  check(sqlite3_bind_null(prepared_, parameter));
}
void Statement::bind_text(int parameter, std::string_view bytes) {
  check(sqlite3_bind_text64(prepared_, parameter, data(bytes), bytes.size(), kKept, SQLITE_UTF8));
}
void Statement::bind_blob(int parameter, std::string_view bytes) {
  check(sqlite3_bind_blob64(prepared_, parameter, data(bytes), bytes.size(), kKept));
}
void Statement::bind_copied_text(int parameter, std::string_view bytes) {
  check(sqlite3_bind_text64(prepared_, parameter, data(bytes), bytes.size(), copied(), SQLITE_UTF8));
}
void Statement::bind_copied_blob(int parameter, std::string_view bytes) {
  check(sqlite3_bind_blob64(prepared_, parameter, data(bytes), bytes.size(), copied()));
}

bool Statement::step() {
  const int code = sqlite3_step(prepared_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  throw Failure(code, sqlite3_errmsg(sqlite3_db_handle(prepared_)));
}

void Statement::run() {
  while (step()) {
  }
}

void Statement::again() noexcept {
  sqlite3_reset(prepared_);
}

int Statement::columns() const {
  return sqlite3_column_count(prepared_);
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(prepared_, column) == SQLITE_NULL;
}
bool Statement::is_blob(int column) const {
  return sqlite3_column_type(prepared_, column) == SQLITE_BLOB;
}
std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(prepared_, column);
}
std::string_view Statement::bytes(int column) const {
  const auto* start = static_cast<const char*>(sqlite3_column_blob(prepared_, column));
  return {start, static_cast<std::size_t>(sqlite3_column_bytes(prepared_, column))};
}

}  // namespace relayna::store::sqlite
