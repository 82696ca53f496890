#pragma once

#include <sqlite3.h>

namespace relayna::store::sqlite {

/// Makes SQL functions of our own known to a connection: `saturating_sum(x)`, which stops at the largest
/// number where sum() fails, and `tags_json(header)`, the tags as an array for json_each(). Throws Failure.
void add_functions(sqlite3* database);

}  // namespace relayna::store::sqlite
