# cmake -DPRICES=prices.json -DOUTPUT=file.cpp -P embed_prices.cmake
#
# Writes the price list into a C++ source, so that the binary needs no file at run time. What the list says is checked by the
# unit tests.

file(READ "${PRICES}" text)
if(text MATCHES "\\)prices\"")
  message(FATAL_ERROR "${PRICES}: contains the end mark of the literal it is embedded in")
endif()
file(WRITE "${OUTPUT}" "// Made from src/domain/prices.json by src/domain/embed_prices.cmake.
#include \"domain/price_data.hpp\"

namespace relayna::domain {

std::string_view built_in_prices() noexcept {
  return R\"prices(${text})prices\";
}

}  // namespace relayna::domain
")
