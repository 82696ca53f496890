#include "relayna/dialect/dialect.hpp"

namespace relayna::dialect {

Api api_of(Operation operation) noexcept {
  switch (operation) {
    case Operation::messages:
    case Operation::count_tokens:
      return Api::anthropic;
    case Operation::generate_content:
      return Api::gemini;
    case Operation::chat_completions:
    case Operation::completions:
    case Operation::responses:
    case Operation::embeddings:
    case Operation::models:
    case Operation::other:
      break;
  }
  return Api::openai;
}

std::string_view model_in_path(std::string_view path) noexcept {
  constexpr std::string_view kModels = "/models/";
  const auto begin = path.rfind(kModels);
  if (begin == path.npos) return {};
  const std::string_view model = path.substr(begin + kModels.size());
  const auto colon = model.rfind(':');
  return colon == model.npos ? std::string_view() : model.substr(0, colon);
}

std::int64_t estimate_tokens(std::size_t bytes) noexcept {
  return static_cast<std::int64_t>(bytes / 3 + (bytes % 3 != 0 ? 1 : 0));
}

}  // namespace relayna::dialect
