// The declarative file: any bytes are answered by a tree or by problems, within the bounds of yaml.hpp, and
// no problem spans lines.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "relayna/config/schema.hpp"
#include "relayna/config/yaml.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relayna::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view kSecret = "planted-secret";
  const bool knows_secret = text.find(kSecret) != std::string_view::npos;  // from this very program
  yaml::Diagnostics diagnostics("f.yaml");
  auto root = yaml::parse(text, diagnostics);
  if (!root && diagnostics.empty()) std::abort();
  if (root) {
    const Environment environment{{"A", "alpha"}, {"SECRET", std::string(kSecret)}};
    schema::check(*root, environment, diagnostics);
  }
  for (const Problem& problem : diagnostics.problems()) {
    if (problem.message.find('\n') != std::string::npos) std::abort();
    if (!knows_secret && problem.message.find(kSecret) != std::string::npos) std::abort();
  }
  return 0;
}
