#pragma once

#include <string>
#include <string_view>

#include "relayna/core/result.hpp"
#include "relayna/dialect/dialect.hpp"
#include "relayna/domain/catalog_objects.hpp"

namespace relayna::pipeline {

/// Which route a method and path lead to.
struct RouteMatch {
  domain::Route route = domain::Route::unknown;
  dialect::Operation operation = dialect::Operation::other;
  std::string_view
      argument;  ///< model id of /v1/models/{id}, or provider name of /providers/{name}/…; into the path
  std::string_view rest;  ///< /providers/{name}: the raw path behind the name, with its slash
};

/// The fixed routes, then provider prefixes (contract section 4). `path` is decoded for matching, `raw_path`
/// is what is forwarded. Errors: method_not_allowed naming the right method, unsupported_route.
core::Result<RouteMatch> match_route(std::string_view method, std::string_view path,
                                     std::string_view raw_path);

/// The error shape a path asks for, known before its route is.
dialect::Api api_of_path(std::string_view path, bool speaks_anthropic) noexcept;

}  // namespace relayna::pipeline
