#include "dialect/echo/text_inputs.hpp"

#include <optional>

#include <fmt/format.h>

#include "relayna/dialect/dialect.hpp"

#include "dialect/echo/check.hpp"

namespace relayna::dialect::echoing {

namespace {

constexpr std::size_t kMostInputs = 2048;

TextInput of_text(std::string_view text) {
  return {std::string(text), estimate_tokens(text.size())};
}

/// nullopt when not all elements are token numbers.
std::optional<TextInput> of_tokens(json::Array numbers) {
  TextInput input;
  for (const json::Value element : numbers) {
    const auto token = element.integer();
    if (!token || *token < 0) return std::nullopt;
    if (!input.text.empty()) input.text += ' ';
    input.text += std::to_string(*token);
    ++input.tokens;
  }
  return input;
}

std::unexpected<core::Error> wrong(std::string_view param) {
  return bad(param,
             fmt::format("`{}` must be a string, an array of strings, an array of token numbers, or an "
                         "array of such arrays.",
                         param));
}

std::unexpected<core::Error> empty_input(std::string_view param) {
  return bad(param, fmt::format("`{}` must not be empty.", param));
}

}  // namespace

core::Result<std::vector<TextInput>> read_text_inputs(std::string_view param, json::Value value,
                                                      bool may_be_empty) {
  if (const auto text = value.string()) {
    if (text->empty() && !may_be_empty) return empty_input(param);
    return std::vector<TextInput>{of_text(*text)};
  }
  const auto list = value.array();
  if (!list) return wrong(param);
  if (list->empty()) return empty_input(param);
  if (const auto tokens = of_tokens(*list)) return std::vector<TextInput>{*tokens};

  std::vector<TextInput> inputs;
  for (const json::Value element : *list) {
    if (inputs.size() == kMostInputs) {
      return bad(param, fmt::format("`{}` must have at most {} elements.", param, kMostInputs));
    }
    if (const auto text = element.string()) {
      if (text->empty() && !may_be_empty) return empty_input(fmt::format("{}[{}]", param, inputs.size()));
      inputs.push_back(of_text(*text));
      continue;
    }
    const auto numbers = element.array();
    if (!numbers) return wrong(param);
    if (numbers->empty()) return empty_input(fmt::format("{}[{}]", param, inputs.size()));
    auto tokens = of_tokens(*numbers);
    if (!tokens) return wrong(param);
    inputs.push_back(std::move(*tokens));
  }
  return inputs;
}

}  // namespace relayna::dialect::echoing
