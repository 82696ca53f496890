// Scanning and editing JSON against nlohmann's view of it. The input is a key, a line end and a text.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "relayna/core/encoding.hpp"
#include "relayna/json/document.hpp"
#include "relayna/json/scan.hpp"

#include "fuzz/check.hpp"

namespace {

using namespace relayna;

nlohmann::json view_of(std::string_view text) {
  return nlohmann::json::parse(text, nullptr, false);
}

/// All that top_level says about `text` must be what the document says.
void check_members(std::string_view text, const std::vector<json::Member>& members,
                   const nlohmann::json& document) {
  std::map<std::string, std::string_view> last;
  for (const json::Member& member : members) {
    FUZZ_CHECK(member.begin < member.value_begin && member.value_begin < member.value_end);
    FUZZ_CHECK(text[member.begin] == '"');
    last[member.key] = text.substr(member.value_begin, member.value_end - member.value_begin);
  }
  FUZZ_CHECK(last.size() == document.size());
  for (const auto& [key, value] : last) {
    FUZZ_CHECK(document.contains(key));
    FUZZ_CHECK(view_of(value) == document[key]);
  }
}

void check_edits(std::string_view text, const std::vector<json::Member>& members, nlohmann::json document,
                 const std::string& key) {
  const std::string value = R"({"x":[1e3]})";
  json::Splice set(text);
  json::set_member(set, text, members, key, value);
  auto expected = document;
  expected[key] = view_of(value);
  FUZZ_CHECK(json::validate(set.str(), 1024).has_value());
  FUZZ_CHECK(view_of(set.str()) == expected);
  FUZZ_CHECK(set.size() == set.str().size());

  json::Splice removed(text);
  json::remove_member(removed, text, members, key);
  document.erase(key);
  FUZZ_CHECK(json::validate(removed.str(), 1024).has_value());
  FUZZ_CHECK(view_of(removed.str()) == document);

  // Everything gone but a new member: the commas' hardest case.
  json::Splice swapped(text);
  for (const json::Member& member : members) json::remove_member(swapped, text, members, member.key);
  json::set_member(swapped, text, members, key, value);
  FUZZ_CHECK(view_of(swapped.str()) == nlohmann::json::object({{key, view_of(value)}}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string key(input.substr(0, line));
  const std::string_view text = input.substr(std::min(line + 1, input.size()));

  const auto valid = json::validate(text, 1024);
  if (valid) FUZZ_CHECK(core::valid_utf8(text));
  const auto parsed = json::parse(text);
  FUZZ_CHECK(!parsed || valid.has_value());
  if (parsed) FUZZ_CHECK(json::parse(json::dump(*parsed)).has_value());
  (void)json::unquote(text);
  (void)json::elements(text);
  FUZZ_CHECK(view_of(json::quote(input)).is_string());

  const nlohmann::json document = view_of(text);
  // nlohmann skips a byte order mark and takes a zero byte for the end; neither is JSON. Nesting deeper than
  // we read is the only other thing that it takes and we do not.
  const bool lenient = text.starts_with("\xEF\xBB\xBF") || text.contains('\0');
  if (!document.is_discarded() && !lenient && !valid) {
    FUZZ_CHECK(valid.error().message.find("nested too deeply") != std::string::npos);
  }
  const auto members = json::top_level(text);
  FUZZ_CHECK(!members || document.is_discarded() || document.is_object());
  if (members && !document.is_discarded()) {
    check_members(text, *members, document);
    if (core::valid_utf8(key)) check_edits(text, *members, document, key);
  }
  return 0;
}
