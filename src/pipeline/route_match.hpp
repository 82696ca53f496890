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
  /// As what its request and answer are read to count tokens: `operation`, or for a raw call what the end of
  /// its path says. `other`: not read.
  dialect::Operation metered = dialect::Operation::other;
};

/// The fixed routes, then provider prefixes (contract section 4). `path` is decoded for matching, `raw_path`
/// is what is forwarded. Errors: method_not_allowed naming the right method, unsupported_route.
core::Result<RouteMatch> match_route(std::string_view method, std::string_view path,
                                     std::string_view raw_path);

/// What a provider's own path does, by how it ends: `/v1/chat/completions`, `/openai/v1/responses`,
/// `/v1beta/models/{model}:generateContent`.
dialect::Operation operation_of_path(std::string_view method, std::string_view path) noexcept;

/// The error shape a path asks for, known before its route is.
dialect::Api api_of_path(std::string_view path, bool speaks_anthropic) noexcept;

}  // namespace relayna::pipeline
