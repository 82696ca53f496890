#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/json/reader.hpp"

namespace relayna::dialect::echoing {

/// One text of a request that takes several: given as a string, or as token numbers.
struct TextInput {
  std::string text;         ///< token numbers are written out, separated by spaces
  std::int64_t tokens = 0;  ///< estimate_tokens of a string, the number of token numbers
};

/// Reads a string, an array of strings, an array of token numbers, or an array of such arrays, as `prompt` of
/// completions and `input` of embeddings are given: at most 2048 of them.
core::Result<std::vector<TextInput>> read_text_inputs(std::string_view param, json::Value value,
                                                      bool may_be_empty);

}  // namespace relayna::dialect::echoing
