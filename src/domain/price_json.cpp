#include <algorithm>

#include "relayna/domain/price_fields.hpp"
#include "relayna/domain/prices.hpp"
#include "relayna/json/scan.hpp"

#include "domain/price_reader.hpp"

namespace relayna::domain {
namespace {

class Writer {
 public:
  Writer& member(std::string_view name, std::string_view json) {
    if (out_.size() > 1) out_ += ',';
    json::append_quoted(out_, name);
    out_.append(":").append(json);
    return *this;
  }
  Writer& dollars(std::string_view name, const std::optional<core::Money>& value) {
    return member(name, value ? value->str() : "null");
  }
  Writer& rates(const Rates& rates) {
    for (const RateField& field : kRateFields) {
      dollars(std::string(field.name) + "_usd_per_million", rates.*field.member);
    }
    return *this;
  }
  std::string finish() && { return std::move(out_) + "}"; }

 private:
  std::string out_ = "{";
};

std::string to_json(const LongContext& context) {
  Writer writer;
  writer.member("above_input_tokens", std::to_string(context.above_input_tokens)).rates(context.rates);
  return std::move(writer).finish();
}

}  // namespace

std::string to_json(const Price& price) {
  Writer writer;
  writer.member("provider", json::quote(price.provider)).member("model", json::quote(price.model));
  writer.member("effective_from",
                price.effective_from ? json::quote(core::to_rfc3339(*price.effective_from)) : "null");
  writer.rates(price.rates).dollars("request_usd", price.per_request);
  writer.member("long_context", price.long_context ? to_json(*price.long_context) : "null");
  return std::move(writer).finish();
}

core::Result<Price> price_from_json(std::string_view text) {
  if (auto valid = json::validate(text); !valid) return std::unexpected(valid.error());
  const std::string_view object = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (!object.starts_with('{'))
    return core::fail(core::ErrorCode::invalid_request, "price: must be an object");
  constexpr std::size_t kMaxLength =
      16'384;  // of a price with every field a tenth; bounds the answer's length
  if (object.size() > kMaxLength)
    return core::fail(core::ErrorCode::invalid_request, "price: is longer than 16 kB");
  std::vector<std::string> problems;
  Price price = read_price(object, RateSpelling::override, "", problems);
  if (!problems.empty()) return core::fail(core::ErrorCode::invalid_request, join_lines(problems));
  return price;
}

}  // namespace relayna::domain
