#include "pipeline/route_match.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "relayna/pipeline/simulation.hpp"

namespace relayna::pipeline {

using dialect::Operation;
using domain::Route;

namespace {

struct Fixed {
  std::string_view path;
  std::string_view method;
  Route route;
  Operation operation;
};

constexpr std::array kFixed{
    Fixed{"/v1/chat/completions", "POST", Route::chat_completions, Operation::chat_completions},
    Fixed{"/v1/completions", "POST", Route::completions, Operation::completions},
    Fixed{"/v1/responses", "POST", Route::responses, Operation::responses},
    Fixed{"/v1/embeddings", "POST", Route::embeddings, Operation::embeddings},
    Fixed{"/v1/messages", "POST", Route::messages, Operation::messages},
    Fixed{"/v1/messages/count_tokens", "POST", Route::count_tokens, Operation::count_tokens},
    Fixed{"/v1/models", "GET", Route::models, Operation::models},
};

constexpr std::string_view kModelPrefix = "/v1/models/";
constexpr std::string_view kProvidersPrefix = "/providers/";

core::Result<RouteMatch> wrong_method(std::string_view method, std::string_view right) {
  return core::fail(core::ErrorCode::method_not_allowed,
                    fmt::format("{} is not served on this route; use {}.", method, right));
}

}  // namespace

core::Result<RouteMatch> match_route(std::string_view method, std::string_view path,
                                     std::string_view raw_path) {
  for (const auto& fixed : kFixed) {
    if (path != fixed.path) continue;
    if (method != fixed.method) return wrong_method(method, fixed.method);
    return RouteMatch{fixed.route, fixed.operation, {}, {}, fixed.operation};
  }
  if (path.starts_with(kModelPrefix) && path.size() > kModelPrefix.size()) {
    if (method != "GET") return wrong_method(method, "GET");
    return RouteMatch{
        Route::model, Operation::models, path.substr(kModelPrefix.size()), {}, Operation::models};
  }
  if (path.starts_with(kProvidersPrefix) && raw_path.starts_with(kProvidersPrefix)) {
    const auto name = path.substr(kProvidersPrefix.size());
    const auto end = name.find('/');
    const auto raw = raw_path.substr(kProvidersPrefix.size());
    const auto raw_end = raw.find('/');
    if (end != 0 && !name.empty()) {
      const std::string_view rest =
          raw_end == std::string_view::npos ? std::string_view("/") : raw.substr(raw_end);
      return RouteMatch{Route::provider_passthrough, Operation::other, name.substr(0, end), rest,
                        operation_of_path(method, rest)};
    }
  }
  return core::fail(core::ErrorCode::unsupported_route);
}

std::optional<std::string> path_of_route(Route route) {
  const auto fixed = std::ranges::find(kFixed, route, &Fixed::route);
  return fixed == kFixed.end() ? std::nullopt : std::optional(std::string(fixed->path));
}

std::string usual_method(std::string_view path) {
  const auto fixed = std::ranges::find(kFixed, path, &Fixed::path);
  if (fixed != kFixed.end()) return std::string(fixed->method);
  return path.starts_with(kModelPrefix) ? "GET" : "POST";
}

dialect::Operation operation_of_path(std::string_view method, std::string_view path) noexcept {
  struct Ending {
    std::string_view text;
    Operation operation;
  };
  constexpr std::array kEndings{
      Ending{"/chat/completions", Operation::chat_completions},
      Ending{"/completions", Operation::completions},
      Ending{"/responses", Operation::responses},
      Ending{"/embeddings", Operation::embeddings},
      Ending{"/messages/count_tokens", Operation::count_tokens},
      Ending{"/messages", Operation::messages},
      Ending{":generateContent", Operation::generate_content},
      Ending{":streamGenerateContent", Operation::generate_content},
      Ending{":countTokens", Operation::count_tokens},
  };
  if (method != "POST") return Operation::other;
  for (const Ending& ending : kEndings) {
    if (path.ends_with(ending.text)) return ending.operation;
  }
  return Operation::other;
}

dialect::Api api_of_path(std::string_view path, bool speaks_anthropic) noexcept {
  if (path.starts_with("/v1/messages") || (speaks_anthropic && path.starts_with("/v1/models")))
    return dialect::Api::anthropic;
  if (path.starts_with("/v1beta/")) return dialect::Api::gemini;
  return dialect::Api::openai;
}

}  // namespace relayna::pipeline
