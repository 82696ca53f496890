#include "store/sqlite/functions.hpp"

#include <limits>
#include <new>
#include <string>

#include "relayna/core/encoding.hpp"

#include "store/sqlite/faults.hpp"
#include "store/usage_rollups.hpp"

namespace relayna::store::sqlite {

namespace {

extern "C" void add_saturating(sqlite3_context* context, int, sqlite3_value** values) {
  auto* sum = static_cast<sqlite3_int64*>(sqlite3_aggregate_context(context, sizeof(sqlite3_int64)));
  if (sum == nullptr) return sqlite3_result_error_nomem(context);
  if (__builtin_add_overflow(*sum, sqlite3_value_int64(values[0]), sum))
    *sum = std::numeric_limits<sqlite3_int64>::max();
}

extern "C" void finish_sum(sqlite3_context* context) {
  const auto* sum = static_cast<const sqlite3_int64*>(sqlite3_aggregate_context(context, 0));
  sqlite3_result_int64(context, sum == nullptr ? 0 : *sum);
}

extern "C" void list_tags(sqlite3_context* context, int, sqlite3_value** values) {
  try {
    const auto* header = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
    std::string list = "[";
    for (const std::string& tag : tags_of(header == nullptr ? "" : header)) {
      if (list.size() > 1) list += ',';
      core::append_json_string(list, tag);
    }
    list += ']';
    sqlite3_result_text64(context, list.data(), list.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  }
}

}  // namespace

void add_functions(sqlite3* database) {
  constexpr int kPure = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  int code = sqlite3_create_function_v2(database, "saturating_sum", 1, kPure, nullptr, nullptr,
                                        add_saturating, finish_sum, nullptr);
  if (code == SQLITE_OK)
    code = sqlite3_create_function_v2(database, "tags_json", 1, kPure, nullptr, list_tags, nullptr, nullptr,
                                      nullptr);
  if (code != SQLITE_OK) throw Failure(code, sqlite3_errmsg(database));
}

}  // namespace relayna::store::sqlite
