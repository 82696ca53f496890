#include <bit>
#include <charconv>
#include <cmath>

#include "relayna/core/encoding.hpp"

#include "dialect/echo/check.hpp"
#include "dialect/echo/context.hpp"
#include "dialect/echo/text_inputs.hpp"
#include "dialect/text/json_writer.hpp"

namespace relayna::dialect::echoing {

namespace {

constexpr std::int64_t kDefaultDimensions = 1536;
constexpr std::int64_t kMostDimensions = 3072;

/// A unit vector that depends on the text alone: all components have the same size, and the text decides
/// their signs. Equal texts are equal; different ones stand nearly at right angles.
class SignVector {
 public:
  SignVector(std::string_view text, std::size_t dimensions)
      : ids_(text), dimensions_(dimensions), size_(1.0F / std::sqrt(static_cast<float>(dimensions))) {
    signs_ = ids_.hex("", dimensions / 4 + 1);
  }

  void write_floats(JsonWriter& out) const {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, size_).ptr;
    const std::string positive(digits, end);
    const std::string negative = "-" + positive;
    out.begin_array();
    for (std::size_t i = 0; i < dimensions_; ++i) out.raw(is_negative(i) ? negative : positive);
    out.end_array();
  }

  [[nodiscard]] std::string base64() const {
    std::string bytes;
    bytes.reserve(dimensions_ * sizeof(float));
    for (std::size_t i = 0; i < dimensions_; ++i) {
      const auto bits = std::bit_cast<std::uint32_t>(is_negative(i) ? -size_ : size_);
      for (unsigned shift = 0; shift < 32; shift += 8) {  // little-endian whatever the machine is
        bytes.push_back(static_cast<char>((bits >> shift) & 0xFFU));
      }
    }
    return core::to_base64(bytes);
  }

 private:
  [[nodiscard]] bool is_negative(std::size_t i) const {
    const char digit = signs_[i / 4];
    const unsigned value =
        digit <= '9' ? static_cast<unsigned>(digit - '0') : static_cast<unsigned>(digit - 'a') + 10;
    return (value >> (i % 4) & 1U) != 0;
  }

  Ids ids_;
  std::size_t dimensions_;
  float size_;
  std::string signs_;  // four a digit
};

core::Result<bool> wants_base64(json::Value body) {
  const json::Value format = body["encoding_format"];
  if (format.is_null()) return false;
  const auto name = format.string();
  if (name && (*name == "float" || *name == "base64")) return *name == "base64";
  return bad("encoding_format", "`encoding_format` must be \"float\" or \"base64\".");
}

}  // namespace

core::Result<EchoAnswer> embeddings(Context& context) {
  const auto inputs = read_text_inputs("input", context.body["input"], false);
  if (!inputs) return std::unexpected(inputs.error());
  const auto base64 = wants_base64(context.body);
  if (!base64) return std::unexpected(base64.error());
  const auto dimensions = optional_integer(context.body, "dimensions", 1, kMostDimensions);
  if (!dimensions) return std::unexpected(dimensions.error());

  std::int64_t tokens = 0;
  std::size_t index = 0;
  JsonWriter out;
  out.begin_object().field("object", "list").key("data").begin_array();
  for (const TextInput& input : *inputs) {
    const SignVector vector(input.text, static_cast<std::size_t>(dimensions->value_or(kDefaultDimensions)));
    out.begin_object().field("object", "embedding").field("index", index++).key("embedding");
    *base64 ? void(out.value(vector.base64())) : vector.write_floats(out);
    out.end_object();
    tokens += input.tokens;
  }
  out.end_array().field("model", context.model).key("usage").begin_object();
  out.field("prompt_tokens", tokens).field("total_tokens", tokens).end_object().end_object();

  EchoAnswer answer;
  answer.json = out.take();
  return answer;
}

}  // namespace relayna::dialect::echoing
