#pragma once

#include <functional>

#include "relayna/store/administration.hpp"

#include "control/api/operation.hpp"

namespace relayna::control {

/// What an audit row says beyond who asked.
struct Note {
  std::string action;  ///< `keys.rotate`; empty: nothing changed, no row
  std::string target_type;
  std::string target_id;
  json::Document before;  ///< null: there was none
  json::Document after;
  std::vector<Note> also = {};  ///< further rows, of a change to several things at once
};

/// Makes a change as one unit: what `work` does, its audit row, and the answer kept for `Idempotency-Key`. A
/// repeated request gets the kept answer and changes nothing; the same key with another request is
/// idempotency_conflict.
core::Result<Answer> change(store::Administration& store, Call& call,
                            const std::function<core::Result<Answer>(store::Unit&, Note&)>& work);

/// Records what was done without changing a row: that somebody looked, or acted as somebody else.
core::Result<void> record(store::Administration& store, const Call& call, const Note& note);

/// Strong, of what the document holds.
std::string etag_of(const json::Document& lasting);
/// precondition_failed unless `If-Match` is absent, `*` or names `etag`.
core::Result<void> check_if_match(const Call& call, const std::string& etag);

}  // namespace relayna::control
