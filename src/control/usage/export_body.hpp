#pragma once

#include <functional>
#include <memory>
#include <string>

#include "relayna/http/body.hpp"
#include "relayna/runtime/offload.hpp"

#include "control/api/api.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

/// A piece of an export.
struct Slice {
  std::string text;
  std::size_t rows = 0;
  bool last = false;
};
/// Reads and writes the next piece, in a short transaction of its own. Blocks; called by one thread at a
/// time, never after the last piece or an error.
using Slices = std::function<core::Result<Slice>()>;

/// What is exported: for logs, the audit and the answer's head.
struct Export {
  std::string what;  ///< `usage.export`: the audited action
  std::string file;  ///< the name the answer suggests
  std::string content_type;
  json::Document asked;  ///< the period; the parameters of the call are added
};

/// Answers with an export. Only the piece being sent is in memory: the next one is read on the admin pool
/// when the client has taken it. The beginning is audited and logged, and what is wrong by then is an error
/// answer; afterwards the connection is closed without the end of the body, so that nobody takes a part for
/// the whole.
runtime::Task<core::Result<http::Response>> answer_export(const Resources& with, std::shared_ptr<Call> call,
                                                          Export about, Slices slices);

}  // namespace relayna::control
