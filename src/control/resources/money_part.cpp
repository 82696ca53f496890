#include "control/resources/money_part.hpp"

namespace relayna::control {

using json::Document;

Document dollars_schema() {
  return {{"type", Document::array({"number", "string", "null"})}, {"minimum", 0}};
}

Codec<std::int64_t> nanos_as_dollars() {
  Codec<std::int64_t> codec;
  codec.schema = dollars_schema();
  codec.show = [](const std::int64_t& nanos) {
    auto shown = json::parse(core::Money::nanos(nanos).str());
    return shown ? std::move(*shown) : Document();
  };
  codec.read = [](const Document& given, std::int64_t& nanos, const std::string& path, Problems& problems) {
    const auto text = given.is_string() ? given.get<std::string>() : json::dump(given);
    const auto money =
        given.is_string() || given.is_number() ? core::Money::parse(text) : std::optional<core::Money>();
    if (money && *money >= core::Money()) {
      nanos = money->nanos();
    } else {
      problems.add(path, "must be US dollars of at least 0 with at most nine decimals, for example 0.25");
    }
  };
  return codec;
}

Codec<std::optional<core::Money>> optional_dollars() {
  Codec<std::optional<core::Money>> codec;
  const auto dollars = nanos_as_dollars();
  codec.schema = dollars.schema;
  codec.nullable = true;
  codec.show = [show = dollars.show](const std::optional<core::Money>& money) {
    return money ? show(money->nanos()) : Document();
  };
  codec.read = [read = dollars.read](const Document& given, std::optional<core::Money>& money,
                                     const std::string& path, Problems& problems) {
    std::int64_t nanos = 0;
    read(given, nanos, path, problems);
    money = core::Money::nanos(nanos);
  };
  return codec;
}

}  // namespace relayna::control
